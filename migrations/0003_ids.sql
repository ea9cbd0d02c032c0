-- Numbers for goals and tasks, unique in the installation. Writers take them in blocks, so gaps are ordinary.

-- GOAL-0001, GOAL-0002, ...
CREATE SEQUENCE public.es_goal_ids AS bigint;

-- TASK-0001, TASK-0002, ...
CREATE SEQUENCE public.es_task_ids AS bigint;

-- Takes a block. The shared lock keeps raising out meanwhile: setval() could otherwise move a sequence back behind a number
-- that was taken between reading its value and setting it.
CREATE FUNCTION public.es_mint_ids(kind text, amount int) RETURNS SETOF bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    ids regclass := CASE kind WHEN 'goal' THEN 'public.es_goal_ids' WHEN 'task' THEN 'public.es_task_ids' END;
BEGIN
    PERFORM pg_advisory_xact_lock_shared('public.es_goal_ids'::regclass::oid::bigint);
    RETURN QUERY SELECT nextval(ids) FROM generate_series(1, amount);
END $$;

-- Makes the next number greater than at_least, for imports that bring their own. Returns the highest number given before:
-- an imported number up to it may be in use, or lie in a block that a writer holds.
CREATE FUNCTION public.es_raise_ids(kind text, at_least bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    ids regclass := CASE kind WHEN 'goal' THEN 'public.es_goal_ids' WHEN 'task' THEN 'public.es_task_ids' END;
    given bigint;
BEGIN
    PERFORM pg_advisory_xact_lock('public.es_goal_ids'::regclass::oid::bigint);
    EXECUTE format('SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM %s', ids) INTO STRICT given;
    IF at_least > given THEN
        PERFORM setval(ids, at_least);
    END IF;
    RETURN given;
END $$;

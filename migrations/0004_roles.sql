-- Who may do what. The role that migrates owns everything and writes no events by itself; programs log in as members of
-- goalstream_writer.

-- What the log offers is not for everyone; functions would be by default.
REVOKE ALL ON TABLE public.events, public.es_head FROM PUBLIC;
REVOKE ALL ON SEQUENCE public.es_goal_ids, public.es_task_ids FROM PUBLIC;
REVOKE ALL ON FUNCTION
    public.es_append_fast(bigint[], text[], text[], bigint[], text[], text[], text[], text[], uuid[], uuid[], int[], int[], text[]),
    public.es_append_checked(bigint[], text[], text[], bigint[], text[], text[], text[], text[], uuid[], uuid[], int[], int[], text[]),
    public.es_mint_ids(text, int), public.es_raise_ids(text, bigint), public.es_refuse_change()
    FROM PUBLIC;

-- After an older database was restored, positions may have been given twice. Only the owner may say so: a new epoch makes
-- the bus, cursors and pages that knew the old log start anew.
CREATE FUNCTION public.es_renew_epoch() RETURNS uuid
LANGUAGE sql VOLATILE SET search_path = pg_catalog, public, pg_temp AS $$
    UPDATE es_head SET epoch = gen_random_uuid() WHERE one RETURNING epoch
$$;

-- Its owner alone.
REVOKE ALL ON FUNCTION public.es_renew_epoch() FROM PUBLIC;

-- The query tables. Whoever projects makes and remakes them there; the log does not look inside.
CREATE SCHEMA read;

-- Roles belong to the whole server: another database may have made it already, or make it at this moment. A managed server may
-- not let us; then its administrator makes it and runs the grants below, or programs log in as the owner.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'goalstream_writer') THEN
        CREATE ROLE goalstream_writer NOLOGIN;
    END IF;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;
    WHEN insufficient_privilege THEN
        RAISE NOTICE 'goalstream_writer was not created: % may not create roles', current_user;
END $$;

-- Read the log, append to it through the two functions, take ids; and everything in schema read, there also on what the owner makes.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'goalstream_writer') THEN
        GRANT USAGE ON SCHEMA public TO goalstream_writer;
        GRANT SELECT ON TABLE public.events, public.es_head TO goalstream_writer;
        GRANT EXECUTE ON FUNCTION
            public.es_append_fast(bigint[], text[], text[], bigint[], text[], text[], text[], text[], uuid[], uuid[], int[], int[], text[]),
            public.es_append_checked(bigint[], text[], text[], bigint[], text[], text[], text[], text[], uuid[], uuid[], int[], int[], text[]),
            public.es_mint_ids(text, int), public.es_raise_ids(text, bigint)
            TO goalstream_writer;
        GRANT ALL ON SCHEMA read TO goalstream_writer;
        ALTER DEFAULT PRIVILEGES IN SCHEMA read GRANT ALL ON TABLES TO goalstream_writer;
        ALTER DEFAULT PRIVILEGES IN SCHEMA read GRANT ALL ON SEQUENCES TO goalstream_writer;
    END IF;
END $$;

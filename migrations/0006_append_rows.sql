-- A batch as one array of rows instead of thirteen arrays. Postgres parses and judges each json when it reads the call, which is before it
-- waits for the lock that orders all writers, and one array is taken apart with less work than thirteen. The functions of 0002 and
-- 0005 stay for programs that run while this is rolled out.

-- An event that is to be stored. What it has in common with the table has the table's names.
-- expected holds, for the first event of a stack, the sequence the stream must have, and NULL for the others.
CREATE TYPE public.es_new_event AS (
    expected bigint, aggregate_type text, aggregate_id text, sequence bigint, event_type text, event_version text,
    payload json, metadata json, event_id uuid, command_id uuid, command_pos int, command_len int, workspace text
);

-- As es_append_fast. looking says whether to look for streams that are shorter than their writer believes.
CREATE FUNCTION public.es_append_rows_fast(rows public.es_new_event[], looking boolean, OUT base bigint, OUT at timestamptz)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    n int := cardinality(rows);
BEGIN
    -- Takes the lock that orders all writers. clock_timestamp() is read again when the lock had to be waited for.
    UPDATE es_head h SET position = h.position + n, recorded_at = greatest(clock_timestamp(), h.recorded_at)
     WHERE h.one RETURNING h.position - n, h.recorded_at INTO STRICT base, at;

    -- A stream shorter than its writer believes would get a hole, which no unique index notices.
    IF looking AND EXISTS (
        SELECT FROM unnest(rows) AS u
         WHERE u.expected > 0 AND NOT EXISTS (
            SELECT FROM events v
             WHERE v.aggregate_type = u.aggregate_type AND v.aggregate_id = u.aggregate_id AND v.sequence = u.expected)
    ) THEN
        RAISE unique_violation USING MESSAGE = 'a stream is shorter than expected';
    END IF;

    INSERT INTO events
    SELECT u.aggregate_type, u.aggregate_id, u.sequence, u.event_type, u.event_version, u.payload, u.metadata,
           es_append_rows_fast.base + u.ordinality, u.event_id, u.command_id, u.command_pos, u.command_len, u.workspace,
           es_append_rows_fast.at
      FROM unnest(rows) WITH ORDINALITY AS u;

    -- One wake-up a batch, delivered by the commit: whoever follows the log reads from its own position.
    PERFORM pg_notify('goalstream_log', (base + n)::text);
END $$;

-- As es_append_checked, with the same answers.
CREATE FUNCTION public.es_append_rows_checked(rows public.es_new_event[]) RETURNS TABLE (status int, last_sequence bigint, first_position bigint, last_position bigint, at timestamptz)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    base bigint;
    head bigint;
    clock timestamptz;
BEGIN
    -- Takes the lock that orders all writers. Each statement after this one sees everything committed before; had it been one
    -- statement, its snapshot would be older than the lock it waited for.
    SELECT h.position, h.recorded_at INTO STRICT base, clock FROM es_head h WHERE h.one FOR UPDATE;
    clock := greatest(clock_timestamp(), clock);

    RETURN QUERY
    WITH u AS MATERIALIZED (        -- one row an event, with the number of its stack
        SELECT u.*, count(u.expected) OVER (ORDER BY u.ordinality) AS stack FROM unnest(rows) WITH ORDINALITY AS u
    ), c AS MATERIALIZED (          -- one row a command, with its first result if it is known
        SELECT u.stack, u.command_id, u.ordinality, u.sequence, u.command_len, d.position AS known, d.sequence AS known_seq,
               d.command_len AS known_len, d.recorded_at AS known_at, d.event_id = u.event_id AS resent,
               bool_or(d.position IS NOT NULL) OVER (PARTITION BY u.stack) AS stack_known
          FROM u LEFT JOIN events d ON d.command_id = u.command_id AND d.command_pos = 0
         WHERE u.command_pos = 0
    ), s AS MATERIALIZED (          -- one row a stack, with where its stream stands
        SELECT u.stack, u.expected, coalesce(v.sequence, 0) AS current
          FROM u LEFT JOIN LATERAL (
                SELECT e.sequence FROM events e
                 WHERE e.aggregate_type = u.aggregate_type AND e.aggregate_id = u.aggregate_id ORDER BY e.sequence DESC LIMIT 1
               ) v ON true
         WHERE u.expected IS NOT NULL
    ), ok AS MATERIALIZED (         -- one row a command that will be stored, with the position before its first event
        SELECT c.command_id, c.command_len,
               (base + sum(c.command_len) OVER (ORDER BY c.ordinality) - c.command_len)::bigint AS before
          FROM c JOIN s ON s.stack = c.stack
         WHERE s.current = s.expected AND NOT c.stack_known
    ), inserted AS (
        INSERT INTO events
        SELECT u.aggregate_type, u.aggregate_id, u.sequence, u.event_type, u.event_version, u.payload, u.metadata,
               ok.before + u.command_pos + 1, u.event_id, u.command_id, u.command_pos, u.command_len, u.workspace, clock
          FROM u JOIN ok ON ok.command_id = u.command_id ORDER BY u.ordinality
    ), moved AS (
        UPDATE es_head h SET position = h.position + stored.n, recorded_at = clock
          FROM (SELECT sum(ok.command_len) AS n FROM ok) stored WHERE h.one AND stored.n > 0
    )
    SELECT CASE WHEN ok.command_id IS NOT NULL OR c.resent THEN 0 WHEN c.known IS NOT NULL THEN 1 ELSE 2 END,
           CASE WHEN ok.command_id IS NOT NULL THEN c.sequence + c.command_len - 1
                WHEN c.known IS NOT NULL THEN c.known_seq + c.known_len - 1
                ELSE s.current END,
           coalesce(ok.before + 1, c.known),
           coalesce(ok.before + ok.command_len, c.known + c.known_len - 1),
           CASE WHEN ok.command_id IS NOT NULL THEN clock ELSE c.known_at END
      FROM c JOIN s ON s.stack = c.stack LEFT JOIN ok ON ok.command_id = c.command_id
     ORDER BY c.ordinality;

    -- As above, and only when something was stored.
    SELECT h.position INTO STRICT head FROM es_head h WHERE h.one;
    IF head > base THEN
        PERFORM pg_notify('goalstream_log', head::text);
    END IF;
END $$;

-- Not for everyone, and for those who may append.
REVOKE ALL ON FUNCTION
    public.es_append_rows_fast(public.es_new_event[], boolean), public.es_append_rows_checked(public.es_new_event[])
    FROM PUBLIC;
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'goalstream_writer') THEN
        GRANT EXECUTE ON FUNCTION
            public.es_append_rows_fast(public.es_new_event[], boolean), public.es_append_rows_checked(public.es_new_event[])
            TO goalstream_writer;
    END IF;
END $$;

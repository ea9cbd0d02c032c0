-- The only two ways into the log. Both take the same arrays, one element an event, in batch order, and cost one round trip.
--
-- A stack is what one caller decided on top of one version of a stream: one or more commands, consecutive sequences.
-- e_expected holds, for the first event of a stack, the sequence the stream must have, and NULL for the others.
-- The caller keeps: a stream occurs in one stack of a call, a command id once, and the events of a command are adjacent.
--
-- Both are SECURITY DEFINER, so that writers need no right to the tables, with a search_path that nobody else can write to.

-- FAST: stores everything or raises unique_violation and stores nothing; then the caller sends the same arrays to
-- es_append_checked. Conflicts and repeated commands are found by the primary key and events_command while inserting.
CREATE FUNCTION public.es_append_fast(
    e_expected bigint[], e_atype text[], e_aid text[], e_seq bigint[], e_type text[], e_ver text[],
    e_payload text[], e_meta text[], e_id uuid[], e_cid uuid[], e_cpos int[], e_clen int[], e_workspace text[],
    OUT base bigint, OUT at timestamptz
) LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    n int := cardinality(e_id);
BEGIN
    -- Takes the lock that orders all writers. clock_timestamp() is read again when the lock had to be waited for.
    UPDATE es_head h SET position = h.position + n, recorded_at = greatest(clock_timestamp(), h.recorded_at)
     WHERE h.one RETURNING h.position - n, h.recorded_at INTO STRICT base, at;

    -- A stream shorter than its writer believes (an older database restored under a running writer) would get a hole, which
    -- no unique index notices.
    IF EXISTS (
        SELECT FROM unnest(e_expected, e_atype, e_aid) AS u(expected, atype, aid)
         WHERE u.expected > 0 AND NOT EXISTS (
            SELECT FROM events v
             WHERE v.aggregate_type = u.atype AND v.aggregate_id = u.aid AND v.sequence = u.expected)
    ) THEN
        RAISE unique_violation USING MESSAGE = 'a stream is shorter than expected';
    END IF;

    INSERT INTO events
    SELECT u.atype, u.aid, u.seq, u.type, u.ver, u.payload::json, u.meta::json,
           es_append_fast.base + u.ord, u.id, u.cid, u.cpos, u.clen, u.workspace, es_append_fast.at
      FROM unnest(e_atype, e_aid, e_seq, e_type, e_ver, e_payload, e_meta, e_id, e_cid, e_cpos, e_clen, e_workspace)
           WITH ORDINALITY AS u(atype, aid, seq, type, ver, payload, meta, id, cid, cpos, clen, workspace, ord);

    -- One wake-up a batch, delivered by the commit: whoever follows the log reads from its own position.
    PERFORM pg_notify('goalstream_log', (base + n)::text);
END $$;

-- CHECKED: judges stack by stack. A stack is stored whole when its stream has the expected sequence and none of its commands
-- is known; otherwise nothing of it is stored, and the other stacks are not affected. One row a command comes back, in order:
--   0 appended  - also when this very call had been stored before and its answer was lost (the event ids tell)
--   1 duplicate - the command id is known: positions, sequence and time are those of the first time
--   2 conflict  - the stream is elsewhere, or a neighbour in the stack is a duplicate: last_sequence is where the stream stands
CREATE FUNCTION public.es_append_checked(
    e_expected bigint[], e_atype text[], e_aid text[], e_seq bigint[], e_type text[], e_ver text[],
    e_payload text[], e_meta text[], e_id uuid[], e_cid uuid[], e_cpos int[], e_clen int[], e_workspace text[]
) RETURNS TABLE (status int, last_sequence bigint, first_position bigint, last_position bigint, at timestamptz)
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
        SELECT u.*, count(u.expected) OVER (ORDER BY u.ord) AS stack
          FROM unnest(e_expected, e_atype, e_aid, e_seq, e_type, e_ver, e_payload, e_meta, e_id, e_cid, e_cpos, e_clen, e_workspace)
               WITH ORDINALITY
               AS u(expected, atype, aid, seq, type, ver, payload, meta, id, cid, cpos, clen, workspace, ord)
    ), c AS MATERIALIZED (          -- one row a command, with its first result if it is known
        SELECT u.stack, u.cid, u.ord, u.seq, u.clen, d.position AS known, d.sequence AS known_seq, d.command_len AS known_len,
               d.recorded_at AS known_at, d.event_id = u.id AS resent,
               bool_or(d.position IS NOT NULL) OVER (PARTITION BY u.stack) AS stack_known
          FROM u LEFT JOIN events d ON d.command_id = u.cid AND d.command_pos = 0
         WHERE u.cpos = 0
    ), s AS MATERIALIZED (          -- one row a stack, with where its stream stands
        SELECT u.stack, u.expected, coalesce(v.sequence, 0) AS current
          FROM u LEFT JOIN LATERAL (
                SELECT e.sequence FROM events e
                 WHERE e.aggregate_type = u.atype AND e.aggregate_id = u.aid ORDER BY e.sequence DESC LIMIT 1
               ) v ON true
         WHERE u.expected IS NOT NULL
    ), ok AS MATERIALIZED (         -- one row a command that will be stored, with the position before its first event
        SELECT c.cid, (base + sum(c.clen) OVER (ORDER BY c.ord) - c.clen)::bigint AS before, c.clen
          FROM c JOIN s ON s.stack = c.stack
         WHERE s.current = s.expected AND NOT c.stack_known
    ), inserted AS (
        INSERT INTO events
        SELECT u.atype, u.aid, u.seq, u.type, u.ver, u.payload::json, u.meta::json,
               ok.before + u.cpos + 1, u.id, u.cid, u.cpos, u.clen, u.workspace, clock
          FROM u JOIN ok ON ok.cid = u.cid ORDER BY u.ord
    ), moved AS (
        UPDATE es_head h SET position = h.position + stored.n, recorded_at = clock
          FROM (SELECT sum(ok.clen) AS n FROM ok) stored WHERE h.one AND stored.n > 0
    )
    SELECT CASE WHEN ok.cid IS NOT NULL OR c.resent THEN 0 WHEN c.known IS NOT NULL THEN 1 ELSE 2 END,
           CASE WHEN ok.cid IS NOT NULL THEN c.seq + c.clen - 1
                WHEN c.known IS NOT NULL THEN c.known_seq + c.known_len - 1
                ELSE s.current END,
           coalesce(ok.before + 1, c.known),
           coalesce(ok.before + ok.clen, c.known + c.known_len - 1),
           CASE WHEN ok.cid IS NOT NULL THEN clock ELSE c.known_at END
      FROM c JOIN s ON s.stack = c.stack LEFT JOIN ok ON ok.cid = c.cid
     ORDER BY c.ord;

    -- As above, and only when something was stored.
    SELECT h.position INTO STRICT head FROM es_head h WHERE h.one;
    IF head > base THEN
        PERFORM pg_notify('goalstream_log', head::text);
    END IF;
END $$;

-- Appending is a queue at one lock, so what is done while it is held bounds how much can be stored.

-- The same limits, judged with less work a row. A column's size is its text and 4 bytes, since a row is checked before anything in
-- it is compressed or moved out of line. Rows that are there have passed the checks as they were, so they are not read again.
ALTER TABLE public.events
    DROP CONSTRAINT events_size,
    DROP CONSTRAINT events_workspace_check,
    ADD CONSTRAINT events_size
        CHECK (pg_column_size(payload) + pg_column_size(metadata) - 8 + 1024 <= 262144) NOT VALID,
    ADD CONSTRAINT events_workspace_check
        CHECK (workspace = 'default' OR workspace ~ '^[a-z0-9-]{1,32}$') NOT VALID;

-- As in 0002, except that e_expected may be NULL as a whole. Then nobody looks whether a stream is shorter than its writer believes: that
-- can only be where an older database was restored, and a writer knows when its server cannot have been exchanged.
CREATE OR REPLACE FUNCTION public.es_append_fast(
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

    -- A stream shorter than its writer believes would get a hole, which no unique index notices.
    IF e_expected IS NOT NULL AND EXISTS (
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

-- The log: one table of events that only grows, and the one row that numbers them.

-- The first seven columns are those of postgres-es 0.5, with its names and types, so that its repository reads our log as it
-- is. They stand in the order of its statements; everything behind them is invisible to it.
-- Ids are compared byte by byte (COLLATE "C"): the primary key is cheaper, and no upgrade of the system's locales can break it.
CREATE TABLE public.events (
    aggregate_type text COLLATE "C" NOT NULL CHECK (octet_length(aggregate_type) BETWEEN 1 AND 32),
    aggregate_id   text COLLATE "C" NOT NULL CHECK (octet_length(aggregate_id) BETWEEN 1 AND 128),
    sequence       bigint NOT NULL CHECK (sequence > 0),
    event_type     text COLLATE "C" NOT NULL CHECK (octet_length(event_type) BETWEEN 1 AND 64),
    event_version  text COLLATE "C" NOT NULL CHECK (octet_length(event_version) BETWEEN 1 AND 16),
    -- json and not jsonb: the stored bytes stay the bytes, which hashes and signatures rely on. It is cheaper to write, too.
    payload        json NOT NULL,
    metadata       json NOT NULL,
    -- The number of the log: contiguous from 1, in commit order.
    position       bigint NOT NULL CHECK (position > 0),
    -- Chosen by the writer (uuid v7). It also tells a writer that repeats a call whose answer it lost that it was the first.
    event_id       uuid NOT NULL,
    -- The idempotency key of the command, the event's place in it from 0, and how many events it has: positions are
    -- contiguous, so a command that begins at p is [p, p + command_len).
    command_id     uuid NOT NULL,
    command_pos    int NOT NULL,
    command_len    int NOT NULL,
    workspace      text COLLATE "C" NOT NULL CHECK (workspace ~ '^[a-z0-9-]{1,32}$'),
    -- One reading of the clock a batch, taken while the head row is held: it never decreases with the position.
    recorded_at    timestamptz NOT NULL,
    PRIMARY KEY (aggregate_type, aggregate_id, sequence),
    CONSTRAINT events_command_place CHECK (command_pos >= 0 AND command_pos < command_len),
    -- 256 KiB with headers: what is not payload or metadata is counted as 1 KiB.
    CONSTRAINT events_size CHECK (octet_length(payload::text) + octet_length(metadata::text) + 1024 <= 262144),
    -- U+0000 cannot be shown, compared or indexed by most of what reads us, and json lets its escape through. The cheap search
    -- comes first; only when it hits is it worth telling the escape from a written backslash that happens to stand before u0000.
    CONSTRAINT events_no_nul CHECK (
        (strpos(payload::text, '\u0000') = 0 OR payload::text !~ '(^|[^\\])(\\\\)*\\u0000')
        AND (strpos(metadata::text, '\u0000') = 0 OR metadata::text !~ '(^|[^\\])(\\\\)*\\u0000')
    )
-- Rows are only ever inserted, so without this autovacuum would come by too seldom to keep index-only scans cheap.
) WITH (autovacuum_vacuum_insert_scale_factor = 0.02);

-- Readers follow the log by it; unique because a position is never given twice.
CREATE UNIQUE INDEX events_position ON public.events (position);

-- A command is written once, for ever; its first event stands for it, so the index has one entry a command.
CREATE UNIQUE INDEX events_command ON public.events (command_id) WHERE command_pos = 0;

-- One row. Its lock is held from numbering a batch until the batch is committed, so positions become visible in order and
-- without a gap. fillfactor leaves room on its page for the versions between two vacuums.
CREATE TABLE public.es_head (
    one         boolean PRIMARY KEY DEFAULT true CHECK (one),
    position    bigint NOT NULL DEFAULT 0,
    -- Made with the log. A log that was restored from a backup gets a new one, and everything derived from the old is refused.
    epoch       uuid NOT NULL DEFAULT gen_random_uuid(),
    -- recorded_at of the last event, so that a clock that is set back cannot make it decrease.
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 10);

-- The log begins.
INSERT INTO public.es_head DEFAULT VALUES;

-- Nobody changes history by accident, the owner of the table included.
CREATE FUNCTION public.es_refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '% on %: the log is immutable; write an event that corrects it', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'object_not_in_prerequisite_state';
END $$;

-- For each statement and not for each row, so that a change that would hit no row is refused as well.
CREATE TRIGGER events_are_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON public.events
    FOR EACH STATEMENT EXECUTE FUNCTION public.es_refuse_change();

-- ALWAYS, so that session_replication_role = replica does not switch it off.
ALTER TABLE public.events ENABLE ALWAYS TRIGGER events_are_immutable;

-- Without its head row the log could not be written, and a second one cannot be made to match it.
CREATE TRIGGER es_head_stays BEFORE DELETE OR TRUNCATE ON public.es_head
    FOR EACH STATEMENT EXECUTE FUNCTION public.es_refuse_change();

-- As above.
ALTER TABLE public.es_head ENABLE ALWAYS TRIGGER es_head_stays;

-- Programs look at their start whether the schema is theirs, and whoever migrates finds out that nothing is to be done without a
-- right to do anything. Unqualified, since it stands where the owner's tables are made.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'goalstream_writer') THEN
        GRANT SELECT ON TABLE _sqlx_migrations TO goalstream_writer;
    END IF;
END $$;

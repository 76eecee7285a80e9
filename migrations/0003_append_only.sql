-- What was written stays: the database refuses to change it, whoever asks.

CREATE FUNCTION skein.refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '% of skein.% is refused: the log is append-only', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;
COMMENT ON FUNCTION skein.refuse_change IS 'Trigger: the log is append-only, for its owner and for superusers too.';

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON skein.events
    FOR EACH STATEMENT EXECUTE FUNCTION skein.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON skein.receipts
    FOR EACH STATEMENT EXECUTE FUNCTION skein.refuse_change();
CREATE TRIGGER written_once BEFORE DELETE OR TRUNCATE ON skein.store
    FOR EACH STATEMENT EXECUTE FUNCTION skein.refuse_change();

-- The role that programs run under: it reads, and writes by the functions alone. A login is given it
-- with GRANT skein_app TO that_login. Roles belong to the whole server, so it may be there already;
-- where the migrating user may not make roles, an administrator makes it and grants the same.
DO $$
BEGIN
    CREATE ROLE skein_app NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation OR insufficient_privilege THEN
    NULL;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA skein FROM PUBLIC;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'skein_app') THEN
        RETURN;
    END IF;
    GRANT USAGE ON SCHEMA skein TO skein_app;
    GRANT SELECT ON ALL TABLES IN SCHEMA skein TO skein_app;
    GRANT INSERT, UPDATE, DELETE ON skein.leases TO skein_app;
    GRANT EXECUTE ON FUNCTION skein.create_store, skein.append, skein.take_over,
        skein.put_snapshot TO skein_app;
END $$;

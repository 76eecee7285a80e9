-- What a store is (its id, incarnation, shards and secret) stays as soon as it has events: their chain
-- begins with it. Only an empty store takes another identity, when one is moved in.

CREATE FUNCTION skein.refuse_other_store() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM skein.events) OR EXISTS (SELECT FROM skein.receipts) THEN
        RAISE EXCEPTION 'UPDATE of skein.store is refused: the store has events'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION skein.refuse_other_store IS 'Trigger: a store that has events keeps its identity, for its owner and for superusers too.';

CREATE TRIGGER identity_kept BEFORE UPDATE ON skein.store
    FOR EACH STATEMENT EXECUTE FUNCTION skein.refuse_other_store();

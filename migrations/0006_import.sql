-- Importing a store: a database whose store is empty takes the identity of the one that is moved in.

CREATE FUNCTION skein.begin_import(
    new_store_id uuid, new_incarnation uuid, new_shard_count integer, new_secret bytea,
    first_hash bytea
) RETURNS TABLE (problem text, new_epoch bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- Until this transaction ends nobody appends, takes a shard over, or makes a store.
    LOCK TABLE skein.store, skein.leases, skein.shard_heads IN EXCLUSIVE MODE;
    IF EXISTS (SELECT FROM skein.events) OR EXISTS (SELECT FROM skein.receipts) THEN
        RETURN QUERY SELECT 'not-empty'::text, NULL::bigint;
        RETURN;
    END IF;
    IF EXISTS (SELECT FROM skein.nodes AS n WHERE n.expires_at > clock_timestamp())
       OR EXISTS (SELECT FROM skein.leases AS l WHERE l.expires_at > clock_timestamp()) THEN
        RETURN QUERY SELECT 'in-use'::text, NULL::bigint;
        RETURN;
    END IF;
    -- Who opened the store before this knows it by another identity: the epoch fences him.
    SELECT coalesce(max(h.epoch) + 1, 0) INTO new_epoch FROM skein.shard_heads AS h;
    INSERT INTO skein.store AS s (store_id, incarnation, shard_count, secret)
    VALUES (new_store_id, new_incarnation, new_shard_count, new_secret)
    ON CONFLICT (only_row) DO UPDATE
    SET store_id = excluded.store_id, incarnation = excluded.incarnation,
        shard_count = excluded.shard_count, secret = excluded.secret;
    DELETE FROM skein.shard_heads;
    DELETE FROM skein.leases;
    DELETE FROM skein.intakes;
    INSERT INTO skein.shard_heads (shard, hash, epoch)
    SELECT n, first_hash, new_epoch FROM generate_series(0, new_shard_count - 1) AS n;
    INSERT INTO skein.leases (shard)
    SELECT n FROM generate_series(0, new_shard_count - 1) AS n;
    RETURN QUERY SELECT NULL::text, new_epoch;
END $$;
COMMENT ON FUNCTION skein.begin_import IS 'Gives a database without events the identity of a store that is moved in, and locks out everybody else until the transaction ends; the events follow by skein.append in the same transaction. problem: not-empty or in-use, and nothing was changed; else null, and new_epoch is the epoch of all shards.';

REVOKE ALL ON FUNCTION skein.begin_import FROM PUBLIC;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'skein_app') THEN
        RETURN;
    END IF;
    GRANT EXECUTE ON FUNCTION skein.begin_import TO skein_app;
END $$;

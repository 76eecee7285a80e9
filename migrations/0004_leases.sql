-- Leases: who writes a shard, and until when, by the clock of the database alone.
--
-- Taking a lease raises the epoch in shard_heads, so an owner of before writes nothing any more,
-- whatever it believes. Renewing touches no row that an append touches.

ALTER TABLE skein.leases ADD COLUMN wanted_by text COLLATE "C";
COMMENT ON COLUMN skein.leases.wanted_by IS 'Who asked for the lease while it was held, or null. An owner that only passes by gives it up then.';

CREATE TABLE skein.nodes (
    node text COLLATE "C" PRIMARY KEY,
    address text COLLATE "C" NOT NULL,
    expires_at timestamptz NOT NULL
) WITH (fillfactor = 50);
COMMENT ON TABLE skein.nodes IS 'The nodes that share the shards among themselves, also those that own none yet.';
COMMENT ON COLUMN skein.nodes.node IS 'Name of the node, as in leases.owner.';
COMMENT ON COLUMN skein.nodes.address IS 'Where it takes commands.';
COMMENT ON COLUMN skein.nodes.expires_at IS 'Until when it counts as alive, by the clock of the database alone.';

-- The end of the lease counts from when the epoch was raised, which may wait behind an append.
CREATE FUNCTION skein.take_lease(
    of_shard integer, new_owner text, new_address text, length_ms bigint
) RETURNS TABLE (lease_epoch bigint, lease_owner text, lease_address text, left_ms bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    found_lease skein.leases;
    new_epoch bigint;
BEGIN
    SELECT l.* INTO STRICT found_lease FROM skein.leases AS l
    WHERE l.shard = of_shard FOR UPDATE;
    IF found_lease.owner <> new_owner AND found_lease.expires_at > clock_timestamp() THEN
        IF found_lease.wanted_by IS NULL THEN
            UPDATE skein.leases AS l SET wanted_by = new_owner WHERE l.shard = of_shard;
        END IF;
        RETURN QUERY
            SELECT NULL::bigint, found_lease.owner, found_lease.address,
                   ceil(extract(epoch FROM found_lease.expires_at - clock_timestamp()) * 1000)
                       ::bigint;
        RETURN;
    END IF;
    UPDATE skein.shard_heads AS h SET epoch = h.epoch + 1
    WHERE h.shard = of_shard RETURNING h.epoch INTO STRICT new_epoch;
    UPDATE skein.leases AS l
    SET owner = new_owner, address = new_address, wanted_by = NULL,
        expires_at = clock_timestamp() + length_ms * interval '1 millisecond'
    WHERE l.shard = of_shard;
    RETURN QUERY SELECT new_epoch, new_owner, new_address, length_ms;
END $$;
COMMENT ON FUNCTION skein.take_lease IS 'Takes the lease of a shard that is free, has run out or is the taker''s own: raises the epoch and returns it. Where another one holds it: no epoch, who holds it and for how long, and it is noted that it is wanted.';

CREATE FUNCTION skein.renew_leases(of_shards integer[], of_owner text, length_ms bigint)
RETURNS TABLE (lease_shard integer, lease_wanted_by text)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH mine AS (
        SELECT l.shard FROM skein.leases AS l
        WHERE l.shard = ANY (of_shards) AND l.owner = of_owner
        ORDER BY l.shard FOR UPDATE)
    UPDATE skein.leases AS l
    SET expires_at = clock_timestamp() + length_ms * interval '1 millisecond'
    FROM mine WHERE l.shard = mine.shard
    RETURNING l.shard, l.wanted_by
$$;
COMMENT ON FUNCTION skein.renew_leases IS 'Renews leases and returns those that are still the owner''s, with who wants them.';

CREATE FUNCTION skein.release_leases(of_shards integer[], of_owner text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH mine AS (
        SELECT l.shard FROM skein.leases AS l
        WHERE l.shard = ANY (of_shards) AND l.owner = of_owner
        ORDER BY l.shard FOR UPDATE)
    UPDATE skein.leases AS l
    SET owner = NULL, address = NULL, expires_at = NULL, wanted_by = NULL
    FROM mine WHERE l.shard = mine.shard
$$;
COMMENT ON FUNCTION skein.release_leases IS 'Gives leases back before they run out.';

CREATE FUNCTION skein.renew_node(of_node text, new_address text, length_ms bigint) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    DELETE FROM skein.nodes AS n WHERE n.expires_at < clock_timestamp() - interval '1 day';
    INSERT INTO skein.nodes (node, address, expires_at)
    VALUES (of_node, new_address, clock_timestamp() + length_ms * interval '1 millisecond')
    ON CONFLICT (node) DO UPDATE
    SET address = excluded.address, expires_at = excluded.expires_at
$$;
COMMENT ON FUNCTION skein.renew_node IS 'Says that a node is alive; forgets nodes that were last heard of a day ago.';

CREATE FUNCTION skein.remove_node(of_node text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    DELETE FROM skein.nodes AS n WHERE n.node = of_node
$$;
COMMENT ON FUNCTION skein.remove_node IS 'A node leaves: the others share what it had.';

REVOKE ALL ON FUNCTION skein.take_lease, skein.renew_leases, skein.release_leases,
    skein.renew_node, skein.remove_node FROM PUBLIC;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'skein_app') THEN
        RETURN;
    END IF;
    REVOKE INSERT, UPDATE, DELETE ON skein.leases FROM skein_app;
    GRANT SELECT ON skein.nodes TO skein_app;
    GRANT EXECUTE ON FUNCTION skein.take_lease, skein.renew_leases, skein.release_leases,
        skein.renew_node, skein.remove_node TO skein_app;
END $$;

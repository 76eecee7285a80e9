-- Commands from Kafka: how far each partition of the commands topic is taken. It is kept in the
-- transaction of the append, so that a command and its offset stand both or neither.

CREATE TABLE skein.intakes (
    shard integer PRIMARY KEY CHECK (shard >= 0),
    epoch bigint NOT NULL,
    next_offset bigint NOT NULL CHECK (next_offset >= 0),
    told_offset bigint NOT NULL CHECK (told_offset BETWEEN 0 AND next_offset)
) WITH (fillfactor = 10);
COMMENT ON TABLE skein.intakes IS 'How far the partition of the commands topic that belongs to a shard is taken. No row: nothing yet. Written under the row lock of the shard in shard_heads, and only by who owns its epoch.';
COMMENT ON COLUMN skein.intakes.shard IS 'Shard, and number of the partition.';
COMMENT ON COLUMN skein.intakes.epoch IS 'Term of the owner who wrote this.';
COMMENT ON COLUMN skein.intakes.next_offset IS 'The first offset that is not taken: every command before it has its append, or its refusal was told.';
COMMENT ON COLUMN skein.intakes.told_offset IS 'The first offset whose answer may not stand in the outcomes topic; an owner begins there.';

CREATE FUNCTION skein.append_taken(
    batch_shard integer[], batch_epoch bigint[], batch_expected bigint[], batch_last bigint[],
    batch_hash bytea[],
    command_batch integer[], command_scope text[], command_uuid uuid[], command_first bigint[],
    command_events integer[], command_content bytea[],
    stream_batch integer[], stream_name text[], stream_before bigint[],
    event_batch integer[], event_position bigint[], event_version bigint[], event_stream text[],
    event_hash bytea[], event_bytes bytea[],
    intake_batch integer[], intake_next bigint[], intake_told bigint[]
) RETURNS TABLE (kind "char", at integer, number bigint, amount bigint, hash bytea)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    refused integer[] := '{}';
BEGIN
    FOR kind, at, number, amount, hash IN
        SELECT a.kind, a.at, a.number, a.amount, a.hash
        FROM skein.append(
            batch_shard, batch_epoch, batch_expected, batch_last, batch_hash,
            command_batch, command_scope, command_uuid, command_first, command_events,
            command_content, stream_batch, stream_name, stream_before,
            event_batch, event_position, event_version, event_stream, event_hash, event_bytes) AS a
    LOOP
        IF kind = 'h' THEN
            refused := refused || at;
        END IF;
        RETURN NEXT;
    END LOOP;
    FOR i IN 1 .. cardinality(intake_batch) LOOP
        CONTINUE WHEN intake_batch[i] = ANY (refused);
        INSERT INTO skein.intakes AS n (shard, epoch, next_offset, told_offset)
        VALUES (batch_shard[intake_batch[i]], batch_epoch[intake_batch[i]], intake_next[i],
                intake_told[i])
        ON CONFLICT (shard) DO UPDATE
        SET epoch = excluded.epoch, next_offset = excluded.next_offset,
            told_offset = excluded.told_offset;
    END LOOP;
END $$;
COMMENT ON FUNCTION skein.append_taken IS 'skein.append, and for the batches that it wrote the points of their intakes: intake_batch is the number of a batch, from 1. It answers as skein.append does.';

CREATE FUNCTION skein.move_intake(
    of_shard integer, of_epoch bigint, new_next bigint, new_told bigint
) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- The lock keeps the shard from being taken over until this is committed.
    PERFORM FROM skein.shard_heads AS h
    WHERE h.shard = of_shard AND h.epoch = of_epoch FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO skein.intakes AS n (shard, epoch, next_offset, told_offset)
    VALUES (of_shard, of_epoch, new_next, new_told)
    ON CONFLICT (shard) DO UPDATE
    SET epoch = excluded.epoch, next_offset = excluded.next_offset,
        told_offset = excluded.told_offset;
    RETURN true;
END $$;
COMMENT ON FUNCTION skein.move_intake IS 'Keeps the point of an intake without an append. False where the epoch is not that of the shard any more: nothing was kept.';

REVOKE ALL ON FUNCTION skein.append_taken, skein.move_intake FROM PUBLIC;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'skein_app') THEN
        RETURN;
    END IF;
    GRANT SELECT ON skein.intakes TO skein_app;
    GRANT EXECUTE ON FUNCTION skein.append_taken, skein.move_intake TO skein_app;
END $$;

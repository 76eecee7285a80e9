-- Offsets alone do not tell a partition of the commands topic from one that was deleted, made again
-- and has grown past them. A mark of the last record that was taken does.

ALTER TABLE skein.intakes ADD COLUMN mark bigint NOT NULL DEFAULT 0 CHECK (mark >= 0);
COMMENT ON COLUMN skein.intakes.mark IS 'Of the record before next_offset: a hash of its key, value and time. Where another record stands there, the topic is another one, and is taken from its beginning. 0: not known.';

DROP FUNCTION skein.append_taken(
    integer[], bigint[], bigint[], bigint[], bytea[], integer[], text[], uuid[], bigint[], integer[],
    bytea[], integer[], text[], bigint[], integer[], bigint[], bigint[], text[], bytea[], bytea[],
    integer[], bigint[], bigint[]);

CREATE FUNCTION skein.append_taken(
    batch_shard integer[], batch_epoch bigint[], batch_expected bigint[], batch_last bigint[],
    batch_hash bytea[],
    command_batch integer[], command_scope text[], command_uuid uuid[], command_first bigint[],
    command_events integer[], command_content bytea[],
    stream_batch integer[], stream_name text[], stream_before bigint[],
    event_batch integer[], event_position bigint[], event_version bigint[], event_stream text[],
    event_hash bytea[], event_bytes bytea[],
    intake_batch integer[], intake_next bigint[], intake_told bigint[], intake_mark bigint[]
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
        INSERT INTO skein.intakes AS n (shard, epoch, next_offset, told_offset, mark)
        VALUES (batch_shard[intake_batch[i]], batch_epoch[intake_batch[i]], intake_next[i],
                intake_told[i], intake_mark[i])
        ON CONFLICT (shard) DO UPDATE
        SET epoch = excluded.epoch, next_offset = excluded.next_offset,
            told_offset = excluded.told_offset, mark = excluded.mark;
    END LOOP;
END $$;
COMMENT ON FUNCTION skein.append_taken IS 'skein.append, and for the batches that it wrote the points of their intakes: intake_batch is the number of a batch, from 1. It answers as skein.append does.';

DROP FUNCTION skein.move_intake(integer, bigint, bigint, bigint);

CREATE FUNCTION skein.move_intake(
    of_shard integer, of_epoch bigint, new_next bigint, new_told bigint, new_mark bigint
) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- The lock keeps the shard from being taken over until this is committed.
    PERFORM FROM skein.shard_heads AS h
    WHERE h.shard = of_shard AND h.epoch = of_epoch FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO skein.intakes AS n (shard, epoch, next_offset, told_offset, mark)
    VALUES (of_shard, of_epoch, new_next, new_told, new_mark)
    ON CONFLICT (shard) DO UPDATE
    SET epoch = excluded.epoch, next_offset = excluded.next_offset,
        told_offset = excluded.told_offset, mark = excluded.mark;
    RETURN true;
END $$;
COMMENT ON FUNCTION skein.move_intake IS 'Keeps the point of an intake without an append. False where the epoch is not that of the shard any more: nothing was kept.';

REVOKE ALL ON FUNCTION skein.append_taken, skein.move_intake FROM PUBLIC;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'skein_app') THEN
        RETURN;
    END IF;
    GRANT EXECUTE ON FUNCTION skein.append_taken, skein.move_intake TO skein_app;
END $$;

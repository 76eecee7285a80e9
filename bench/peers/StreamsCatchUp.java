// Kafka Streams folding a topic from its beginning into a RocksDB store, as bench/peer_bench.cc has
// a node of skein do it: of each key the number of its records and the newest of them.
//
// usage: java -cp JARS StreamsCatchUp.java BROKERS TOPIC RECORDS DIRECTORY
//
// Prints records per second, from the first record that is folded to the last one, so that joining
// the group costs nothing; no changelog is kept, and the store has its usual cache.

import java.nio.ByteBuffer;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.state.KeyValueStore;

public class StreamsCatchUp {
    private static final int THREADS = 2;
    private static final long PATIENCE_SECONDS = 300;

    private static byte[] folded(byte[] before, byte[] record) {
        long count = before == null ? 0 : ByteBuffer.wrap(before).getLong();
        return ByteBuffer.allocate(Long.BYTES + record.length).putLong(count + 1).put(record).array();
    }

    public static void main(String[] words) throws Exception {
        long records = Long.parseLong(words[2]);
        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, "catch-up-" + System.nanoTime());
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, words[0]);
        settings.put(StreamsConfig.STATE_DIR_CONFIG, words[3]);
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, THREADS);
        settings.put("auto.offset.reset", "earliest");

        AtomicLong seen = new AtomicLong();
        AtomicLong begin = new AtomicLong();
        CountDownLatch done = new CountDownLatch(1);
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream(words[1], Consumed.with(Serdes.ByteArray(), Serdes.ByteArray()))
                .groupByKey(Grouped.with(Serdes.ByteArray(), Serdes.ByteArray()))
                .aggregate(
                        () -> null,
                        (key, record, before) -> {
                            long number = seen.incrementAndGet();
                            if (number == 1) begin.set(System.nanoTime());
                            if (number == records) done.countDown();
                            return folded(before, record);
                        },
                        Materialized.<byte[], byte[], KeyValueStore<Bytes, byte[]>>as("folded")
                                .withKeySerde(Serdes.ByteArray())
                                .withValueSerde(Serdes.ByteArray())
                                .withLoggingDisabled());
        try (KafkaStreams streams = new KafkaStreams(builder.build(), settings)) {
            streams.start();
            if (!done.await(PATIENCE_SECONDS, TimeUnit.SECONDS))
                throw new IllegalStateException(seen.get() + " of " + records + " records came");
            double seconds = (System.nanoTime() - begin.get()) / 1e9;
            System.out.println(records / seconds);
        }
    }
}

// Damages batches: with the CRC left wrong, and with the CRC mended, so that the readers look at what lies behind it.
package ottla.golden;

import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import java.util.zip.Checksum;

final class Damage {
    private static final int CRC_IN_MESSAGE = 12;
    private static final int CRC_IN_BATCH = 17;

    static Map<String, byte[]> all(Map<String, byte[]> whole, long seed) {
        Random random = new Random(seed);
        Map<String, byte[]> made = new LinkedHashMap<>();
        whole.forEach((name, bytes) -> {
            if (bytes.length < 61 || bytes.length > 2000 || !name.contains("plain") && !name.contains(" one")) return;
            byte[] flipped = bytes.clone();
            flipped[20 + random.nextInt(flipped.length - 20)] ^= (byte) (1 << random.nextInt(8));
            made.put("wrong crc: " + name, flipped);
        });
        mend(made, random, whole.get("none CreateTime plain"), "magic 2", 61, 250);
        mend(made, random, whole.get("marker COMMIT"), "marker", 21, 100);
        mend(made, random, whole.get("magic 1 none CreateTime one"), "magic 1", 16, 60);
        mend(made, random, whole.get("magic 0 none CreateTime one"), "magic 0", 16, 60);
        return made;
    }

    private static void mend(Map<String, byte[]> made, Random random, byte[] bytes, String name, int from, int count) {
        for (int i = 0; i < count; i++) {
            byte[] damaged = bytes.clone();
            for (int flips = 1 + random.nextInt(2); flips > 0; flips--) {
                int at = from + random.nextInt(damaged.length - from);
                damaged[at] = random.nextBoolean() ? (byte) random.nextInt(256) : (byte) (damaged[at] + random.nextInt(7) - 3);
            }
            made.put("mended " + name + " " + i, mended(damaged));
        }
    }

    private static byte[] mended(byte[] batch) {
        boolean current = batch[16] == 2;
        int at = current ? CRC_IN_BATCH : CRC_IN_MESSAGE;
        Checksum crc = current ? new CRC32C() : new CRC32();
        crc.update(batch, at + 4, batch.length - at - 4);
        ByteBuffer.wrap(batch).putInt(at, (int) crc.getValue());
        return batch;
    }
}

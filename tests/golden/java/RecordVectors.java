// `generate SEED` writes the golden vectors, `check` reads hex lines and answers what the official classes see in them.
package ottla.golden;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

public final class RecordVectors {
    public static void main(String[] arguments) throws IOException {
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        String verb = arguments.length > 0 ? arguments[0] : "";
        if (verb.equals("generate") && arguments.length == 2) {
            long seed = Long.parseLong(arguments[1]);
            Map<String, byte[]> cases = new LinkedHashMap<>(Batches.all(seed));
            cases.putAll(Damage.all(cases, seed));
            cases.forEach((name, bytes) -> out.println("{\"name\":" + Describe.string(name) + ",\"hex\":\""
                + HexFormat.of().formatHex(bytes) + "\",\"answer\":" + Describe.answer(bytes) + "}"));
        } else if (verb.equals("check")) {
            BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                out.println(Describe.answer(HexFormat.of().parseHex(line.strip())));
            }
        } else {
            System.err.println("usage: generate SEED > records.jsonl | check < hex lines");
            System.exit(2);
        }
        out.flush();
    }
}

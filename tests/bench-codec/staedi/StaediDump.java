import io.xlate.edi.stream.EDIInputFactory;
import io.xlate.edi.stream.EDIStreamEvent;
import io.xlate.edi.stream.EDIStreamReader;
import io.xlate.edi.stream.Location;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** StaediDump FILE…: each file as lines "= name", then "ID element.repetition.component=value" for each value that is not
 * empty, in the order of the file, one segment a line; "! reason" where the reader gives up. For tests/differential/x12. */
public final class StaediDump {
    public static void main(String[] args) throws Exception {
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        for (String name : args) {
            out.print("= " + name);
            dump(name, out);
            out.print("\n");
        }
        out.flush();
    }

    private static void dump(String name, PrintStream out) throws Exception {
        EDIInputFactory factory = EDIInputFactory.newFactory();
        factory.setProperty(EDIInputFactory.EDI_VALIDATE_CONTROL_STRUCTURE, false);
        byte[] all = Files.readAllBytes(Path.of(name));
        /* it takes no byte order mark; ours does */
        int mark = all.length > 3 && all[0] == (byte) 0xef && all[1] == (byte) 0xbb && all[2] == (byte) 0xbf ? 3 : 0;
        try (InputStream in = new ByteArrayInputStream(all, mark, all.length - mark);
             EDIStreamReader reader = factory.createEDIStreamReader(in, "ISO-8859-1")) {
            while (reader.hasNext()) {
                EDIStreamEvent event = reader.next();
                if (event == EDIStreamEvent.START_SEGMENT) {
                    out.print("\n" + reader.getText());
                } else if (event == EDIStreamEvent.ELEMENT_DATA && !reader.getText().isEmpty()) {
                    Location at = reader.getLocation();
                    int component = Math.max(at.getComponentPosition(), 1);
                    out.print(" " + at.getElementPosition() + "." + Math.max(at.getElementOccurrence(), 1) + "." + component
                        + "=" + reader.getText().replace(' ', '_').replace('\n', '_').replace('\r', '_'));
                }
            }
        } catch (Exception e) {
            out.print("\n! " + e.getClass().getSimpleName());
        }
    }
}

import io.xlate.edi.stream.EDIInputFactory;
import io.xlate.edi.stream.EDIStreamEvent;
import io.xlate.edi.stream.EDIStreamReader;
import java.io.ByteArrayInputStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** StaediBench RUNS SET FILE: reads all events of the file, with and without control validation, the median of RUNS runs
 * after a warm-up of as many. Prints peer, set, segments a second, MB a second of this thread's CPU time. */
public final class StaediBench {
    private static long segments, errors;

    private static void read(byte[] bytes, boolean control) throws Exception {
        EDIInputFactory factory = EDIInputFactory.newFactory();
        factory.setProperty(EDIInputFactory.EDI_VALIDATE_CONTROL_STRUCTURE, control);
        segments = errors = 0;
        try (EDIStreamReader reader = factory.createEDIStreamReader(new ByteArrayInputStream(bytes))) {
            while (reader.hasNext()) {
                EDIStreamEvent event = reader.next();
                if (event == EDIStreamEvent.START_SEGMENT) segments++;
                if (event.isError()) errors++;
            }
        }
    }

    public static void main(String[] args) throws Exception {
        int runs = Integer.parseInt(args[0]);
        byte[] bytes = Files.readAllBytes(Path.of(args[2]));
        for (boolean control : new boolean[] {false, true}) {
            double[] seconds = new double[runs];
            for (int i = -runs; i < runs; i++) {
                long from = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
                read(bytes, control);
                long took = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - from;
                if (i >= 0) seconds[i] = took / 1e9;
            }
            Arrays.sort(seconds);
            double median = seconds[runs / 2];
            System.out.printf(java.util.Locale.ROOT, "StAEDI read%s\t%s\t%.0f\t%.1f%n",
                control ? ", control validation" : "", args[1], segments / median, bytes.length / median / 1e6);
            if (errors > 0) System.err.println("StAEDI: " + errors + " errors in " + args[2]);
        }
    }
}

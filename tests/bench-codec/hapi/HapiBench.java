// HAPI's PipeParser into generic messages, without validation, on one thread: what hl7_bench.c measures of ours.
// usage: HapiBench list FILE…                 prints the files of which HAPI reads every message
//        HapiBench RUNS SECONDS SET FILE…     prints peer, set, messages/s, MB/s: the median of RUNS runs after a warm-up
import ca.uhn.hl7v2.DefaultHapiContext;
import ca.uhn.hl7v2.parser.GenericModelClassFactory;
import ca.uhn.hl7v2.parser.PipeParser;
import ca.uhn.hl7v2.validation.impl.ValidationContextFactory;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

public class HapiBench {
    private static final double WARM_UP_SECONDS = 3;
    private static int sink;

    private static PipeParser parser() {
        DefaultHapiContext context = new DefaultHapiContext();
        context.setValidationContext(ValidationContextFactory.noValidation());
        context.setModelClassFactory(new GenericModelClassFactory());
        return context.getPipeParser();
    }

    // The messages of a file, from MSH to the next MSH, with CR as segment end. Latin-1 keeps one character a byte.
    private static List<String> load(String path) throws Exception {
        String text = new String(Files.readAllBytes(Path.of(path)), StandardCharsets.ISO_8859_1);
        text = text.replace("\r\n", "\r").replace('\n', '\r').replace("\u000b", "").replace("\u001c", "");
        List<String> messages = new ArrayList<>();
        StringBuilder one = null;
        for (String line : text.split("\r")) {
            if (line.startsWith("MSH")) {
                if (one != null) messages.add(one.toString());
                one = new StringBuilder();
            }
            if (line.startsWith("BHS") || line.startsWith("BTS") || line.startsWith("FHS") || line.startsWith("FTS")) continue;
            if (one != null && !line.isEmpty()) one.append(line).append('\r');
        }
        if (one != null) messages.add(one.toString());
        return messages;
    }

    private static double run(PipeParser parser, List<String> messages, double seconds) throws Exception {
        var cpu = ManagementFactory.getThreadMXBean();
        long start = cpu.getCurrentThreadCpuTime(), end = start, done = 0;
        while (end - start < seconds * 1e9) {
            for (String m : messages) sink += parser.parse(m).getNames().length;
            done += messages.size();
            end = cpu.getCurrentThreadCpuTime();
        }
        return done / ((end - start) / 1e9);
    }

    public static void main(String[] args) throws Exception {
        PipeParser parser = parser();
        if (args[0].equals("list")) {
            for (int i = 1; i < args.length; i++) {
                boolean good = true;
                List<String> messages = load(args[i]);
                for (String m : messages) {
                    try {
                        parser.parse(m);
                    } catch (Exception e) {
                        good = false;
                    }
                }
                if (good && !messages.isEmpty()) System.out.println(args[i]);
            }
            return;
        }
        int runs = Integer.parseInt(args[0]);
        double seconds = Double.parseDouble(args[1]);
        List<String> messages = new ArrayList<>();
        for (int i = 3; i < args.length; i++) messages.addAll(load(args[i]));
        long bytes = 0;
        for (String m : messages) bytes += m.length();
        run(parser, messages, WARM_UP_SECONDS);
        double[] rates = new double[runs];
        for (int i = 0; i < runs; i++) rates[i] = run(parser, messages, seconds);
        Arrays.sort(rates);
        double rate = rates[runs / 2];
        System.out.printf(Locale.ROOT, "hapi\t%s\t%.0f\t%.1f%n", args[2], rate, rate * bytes / messages.size() / 1e6);
        if (sink == 42) System.out.println();
    }
}

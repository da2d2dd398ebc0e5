// Prints what HAPI reads of each message on standard input as lines "number<TAB>SEG<TAB>index<TAB>field<TAB>repetition
// <TAB>component<TAB>subcomponent<TAB>value as JSON text". Messages are divided by a line "--", segments stand on lines.
import ca.uhn.hl7v2.DefaultHapiContext;
import ca.uhn.hl7v2.model.Composite;
import ca.uhn.hl7v2.model.ExtraComponents;
import ca.uhn.hl7v2.model.Group;
import ca.uhn.hl7v2.model.Message;
import ca.uhn.hl7v2.model.Primitive;
import ca.uhn.hl7v2.model.Segment;
import ca.uhn.hl7v2.model.Structure;
import ca.uhn.hl7v2.model.Type;
import ca.uhn.hl7v2.model.Varies;
import ca.uhn.hl7v2.parser.GenericModelClassFactory;
import ca.uhn.hl7v2.parser.PipeParser;
import ca.uhn.hl7v2.validation.impl.ValidationContextFactory;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

public class HapiTree {
    private static final PrintStream OUT = new PrintStream(System.out, false, StandardCharsets.UTF_8);

    private static String json(String s) {
        StringBuilder b = new StringBuilder("\"");
        for (char c : s.toCharArray()) {
            if (c == '"' || c == '\\') b.append('\\').append(c);
            else if (c < ' ') b.append(String.format("\\u%04x", (int) c));
            else b.append(c);
        }
        return b.append('"').toString();
    }

    private static void leaf(String place, Type t, int component, int sub) {
        if (t instanceof Varies v) t = v.getData();
        if (t instanceof Primitive p) {
            String v = p.getValue();
            if (v != null && !v.isEmpty()) OUT.println(place + "\t" + component + "\t" + sub + "\t" + json(v));
            extra(place, t.getExtraComponents(), component, sub);
            return;
        }
        Type[] parts = ((Composite) t).getComponents();
        for (int i = 0; i < parts.length; i++)
            if (sub == 0) leaf(place, parts[i], component == 0 ? i + 1 : component, component == 0 ? 0 : i + 1);
        extra(place, t.getExtraComponents(), component == 0 ? parts.length : component, component == 0 ? 0 : parts.length);
    }

    // What stands behind the last component that a type has.
    private static void extra(String place, ExtraComponents more, int component, int sub) {
        for (int i = 0; i < more.numComponents(); i++) {
            int next = i + 1;
            if (sub > 0 || component > 0 && sub == 0 && place == null) leaf(place, more.getComponent(i), component, sub + next);
            else if (component == 0) leaf(place, more.getComponent(i), 1 + next, 0);
            else leaf(place, more.getComponent(i), component, 1 + next);
        }
    }

    private static void walk(Group group, List<Segment> to) throws Exception {
        for (String name : group.getNames())
            for (Structure s : group.getAll(name))
                if (s instanceof Segment segment) to.add(segment);
                else walk((Group) s, to);
    }

    public static void main(String[] args) throws Exception {
        DefaultHapiContext context = new DefaultHapiContext();
        context.setValidationContext(ValidationContextFactory.noValidation());
        context.setModelClassFactory(new GenericModelClassFactory());
        PipeParser parser = context.getPipeParser();
        String[] messages = new String(System.in.readAllBytes(), StandardCharsets.UTF_8).split("\n--\n");
        for (int n = 0; n < messages.length; n++) {
            try {
                // Generic groups keep segments by name, so each is parsed apart to keep its place.
                Message m = parser.parse(messages[n].replace('\n', '\r'));
                List<Segment> all = new ArrayList<>();
                walk(m, all);
                java.util.Map<String, Integer> seen = new java.util.HashMap<>();
                for (Segment s : all) {
                    int index = seen.merge(s.getName(), 1, Integer::sum);
                    for (int f = 1; f <= s.numFields(); f++) {
                        Type[] reps = s.getField(f);
                        for (int r = 0; r < reps.length; r++)
                            leaf(n + "\t" + s.getName() + "\t" + index + "\t" + f + "\t" + (r + 1), reps[r], 0, 0);
                    }
                }
            } catch (Exception e) {
                OUT.println(n + "\trefused\t" + json(String.valueOf(e.getMessage()).split("\n")[0]));
            }
        }
        OUT.flush();
    }
}

#include "codec/hl7_names.h"

static const char batch_header[] =
    "field separator|encoding characters|sending application:HD|sending facility:HD|receiving application:HD|"
    "receiving facility:HD|time|security|name|comment|control id";

/* Fields from 1, divided by |; "name:TYPE" where the components have names; "number=name" jumps to a field. */
static const struct {
    const char *segment, *name, *fields;
} segments[] = {
    {"MSH", "message header",
     "field separator|encoding characters|sending application:HD|sending facility:HD|receiving application:HD|"
     "receiving facility:HD|time|security|message type:MSG|control id|processing id:PT|version:VID|sequence number|"
     "continuation|accept acknowledgment|application acknowledgment|country|character set|language:CE|"
     "alternate character set handling|profile:EI"},
    {"MSA", "acknowledgment", "code|control id of the message|text|expected sequence|delayed|error condition:CE"},
    {"ERR", "error",
     "code and place:ELD|place:ERL|error code:CE|severity|application error code:CE|application error parameter|"
     "diagnostic information|user message"},
    {"EVN", "event", "trigger|recorded|planned|reason|operator:XCN|occurred|facility:HD"},
    {"FHS", "file header", batch_header},
    {"BHS", "batch header", batch_header},
    {"FTS", "file trailer", "batches|comment"},
    {"BTS", "batch trailer", "messages|comment|totals"},
    {"PID", "patient",
     "set id|patient id (old):CX|identifier:CX|alternate id (old):CX|name:XPN|mother's maiden name:XPN|birth date|sex|"
     "alias:XPN|race:CE|address:XAD|county|home phone:XTN|business phone:XTN|language:CE|marital status:CE|religion:CE|"
     "account:CX|social security number|driver's licence|mother's identifier:CX|ethnic group:CE|birth place|"
     "multiple birth|birth order|citizenship:CE|veteran:CE|nationality:CE|death time|death indicator"},
    {"PD1", "additional demographics",
     "living dependency|living arrangement|primary facility:XON|primary care provider:XCN"},
    {"NK1", "next of kin", "set id|name:XPN|relationship:CE|address:XAD|phone:XTN"},
    {"MRG", "merged patient",
     "prior identifier:CX|prior alternate id:CX|prior account:CX|prior patient id:CX|prior visit:CX|"
     "prior alternate visit:CX|prior name:XPN"},
    {"PV1", "visit",
     "set id|patient class|location:PL|admission type|preadmission number:CX|prior location:PL|attending:XCN|"
     "referring:XCN|consulting:XCN|hospital service|temporary location:PL|preadmission test|readmission|admit source|"
     "ambulatory status|VIP|admitting:XCN|patient type|visit number:CX|financial class:CE|charge price|courtesy|"
     "credit rating|contract code|contract date|contract amount|contract period|interest code|bad debt code|"
     "bad debt date|bad debt agency|bad debt amount|bad debt recovery|delete account|delete account date|disposition|"
     "discharged to|diet|servicing facility|bed status|account status|pending location:PL|prior temporary location:PL|"
     "admitted|discharged|balance|charges|adjustments|payments|alternate visit:CX|visit indicator|other provider:XCN"},
    {"PV2", "visit, more",
     "prior pending location:PL|accommodation:CE|admit reason:CE|transfer reason:CE|valuables|"
     "valuables location|user code|expected admission|expected discharge"},
    {"IN1", "insurance",
     "set id|plan:CE|company id:CX|company name:XON|company address:XAD|contact:XPN|company phone:XTN|group number|"
     "group name:XON|group employer id:CX|group employer:XON|effective|expires|authorization:AUI|plan type|insured:XPN|"
     "relationship to patient:CE|insured's birth date|insured's address:XAD|assignment of benefits|"
     "coordination of benefits|priority|notice of admission|notice date|eligibility report|report date|release code|"
     "precertification|verified|verified by:XCN|agreement type|billing status|lifetime reserve days|delay days|"
     "company plan code|policy number|deductible|limit amount|limit days|semi-private rate|private rate|"
     "employment status:CE|insured's sex|employer's address:XAD|verification status|prior plan|coverage type|handicap|"
     "insured's id:CX|signature code|signature date|insured's birth place|VIP"},
    {"IN2", "insurance, more",
     "insured's employee id:CX|insured's social security number|insured's employer:XCN|employer information|mail claim "
     "party|"
     "Medicare number|Medicaid name:XPN|Medicaid number|military sponsor:XPN|military id|25=payor id:CX|"
     "payor subscriber id:CX|61=patient member number:CX"},
    {"IN3", "certification",
     "set id|certification number:CX|certified by:XCN|certification required|penalty|certified|modified|operator:XCN|"
     "begins|ends|days:DTN|reason of refusal:CE|refusal effective|reviewer:XCN|contact|contact phone:XTN|appeal "
     "reason:CE|"
     "agency:CE|agency phone:XTN|precertification requirement:ICD|case manager|second opinion date"},
    {"GT1", "guarantor",
     "set id|number:CX|name:XPN|spouse:XPN|address:XAD|home phone:XTN|business phone:XTN|birth date|sex|"
     "type|relationship:CE|social security number"},
    {"ACC", "accident", "time|code:CE|location|auto state:CE|job related|death"},
    {"AL1", "allergy", "set id|type:CE|allergen:CE|severity:CE|reaction|identified"},
    {"DG1", "diagnosis",
     "set id|coding method|code:CE|description|time|type|6=type|15=priority|diagnosing clinician:XCN"},
    {"DRG", "diagnosis related group", "group:CE|assigned|approval"},
    {"PR1", "procedure",
     "set id|coding method|code:CE|description|time|functional type|minutes|anaesthetist:XCN|anaesthesia code|"
     "anaesthesia minutes|surgeon:XCN|practitioner:XCN|consent:CE|priority|associated diagnosis:CE|modifier:CE"},
    {"ORC", "order",
     "control|placer number:EI|filler number:EI|group number:EI|status|response flag|quantity and timing:TQ|parent:EIP|"
     "time of transaction|entered by:XCN|verified by:XCN|ordering provider:XCN|entered at:PL|call back "
     "phone:XTN|effective|"
     "reason:CE|entering organization:CE|entering device:CE|action by:XCN|beneficiary notice:CE|ordering facility:XON|"
     "facility address:XAD|facility phone:XTN|provider address:XAD|status modifier:CE|notice override:CE|"
     "filler's expected availability|confidentiality:CE|order type:CE"},
    {"OBR", "ordered service",
     "set id|placer number:EI|filler number:EI|service:CE|priority|requested|observed|observation end|collection "
     "volume|"
     "collector:XCN|specimen action|danger code:CE|clinical information|specimen received|specimen source|"
     "ordering provider:XCN|call back phone:XTN|placer field 1|placer field 2|filler field 1|filler field 2|reported|"
     "charge|section|result status|parent result|quantity and timing:TQ|copies to:XCN|parent:EIP|transport|reason:CE|"
     "interpreter|assistant|technician|transcriptionist|scheduled|containers|transport logistics:CE|collector's "
     "comment:CE|"
     "transport responsibility:CE|transport arranged|escort|transport comment:CE|procedure:CE|modifier:CE|"
     "placer supplement:CE|filler supplement:CE"},
    {"TQ1", "timing",
     "set id|quantity:CQ|repeat pattern|explicit time|relative time|service duration|starts|ends|priority:CE|"
     "condition|text|conjunction|occurrence duration|total occurrences"},
    {"RQD", "requisition", "line number|item (internal):CE|item (external):CE|hospital item:CE|quantity|unit:CE"},
    {"RXO", "pharmacy order", "item:CE|minimum amount|maximum amount|unit:CE"},
    {"OBX", "observation",
     "set id|value type|what:CE|sub-id|value|unit:CE|reference range|abnormal flag|probability|nature of test|status|"
     "range effective|access checks|time|producer:CE|observer:XCN|method:CE"},
    {"NTE", "note", "set id|source|text|type:CE"},
    {"SPM", "specimen", "set id|specimen id|parent id|type:CE"},
    {"SCH", "appointment",
     "placer number:EI|filler number:EI|occurrence|placer group:EI|schedule:CE|event "
     "reason:CE|reason:CE|type:CE|duration|"
     "duration unit:CE|timing:TQ|placer contact:XCN|contact phone:XTN|contact address:XAD|contact location:PL|"
     "filler contact:XCN|filler phone:XTN|filler address:XAD|filler location:PL|entered by:XCN|entered by phone:XTN|"
     "entered at:PL|parent placer:EI|parent filler:EI|status:CE|placer order:EI|filler order:EI"},
    {"RGS", "resource group", "set id|action|group:CE"},
    {"AIS", "appointment service",
     "set id|action|service:CE|start|start offset|offset unit:CE|duration|duration unit:CE|substitution|status:CE|"
     "placer supplement:CE|filler supplement:CE"},
    {"AIG", "appointment resource", "set id|action|resource:CE|type:CE|group:CE|quantity|quantity unit:CE|start"},
    {"AIL", "appointment location",
     "set id|action|location:PL|type:CE|group:CE|start|start offset|offset unit:CE|duration|"
     "duration unit:CE|substitution|status:CE"},
    {"AIP", "appointment person",
     "set id|action|person:XCN|role:CE|group:CE|start|start offset|offset unit:CE|duration|"
     "duration unit:CE|substitution|status:CE"},
    {"TXA", "document",
     "set id|type:CE|content presentation|activity time|activity "
     "provider:XCN|originated|transcribed|edited|originator:XCN|"
     "authenticator:XCN|transcriptionist:XCN|document number:EI|parent number:EI|placer order:EI|filler order:EI|"
     "file name|completion status|confidentiality|availability|storage|reason of change|authentication:XCN|copies "
     "to:XCN"},
    {"RF1", "referral",
     "status:CE|priority:CE|type:CE|disposition:CE|category:CE|number:EI|effective|expires|processed|"
     "reason:CE|external number:EI"},
    {"AUT", "authorization",
     "plan:CE|company:CE|company name|effective|expires|number:EI|reimbursement limit|"
     "requested treatments|authorized treatments|processed"},
    {"PRD", "provider",
     "role:CE|name:XPN|address:XAD|location:PL|communication:XTN|preferred contact:CE|identifier:PLN|"
     "role begins|role ends"},
    {"CTD", "contact", "role:CE|name:XPN|address:XAD|location:PL|communication:XTN"},
    {"FT1", "financial transaction",
     "set id|transaction id|batch id|transaction date|posting date|type|code:CE|description|alternate "
     "description|quantity|"
     "extended amount:CP|unit amount:CP|department:CE|plan:CE|insurance amount:CP|location:PL|fee schedule|patient "
     "type|"
     "diagnosis:CE|performed by:XCN|ordered by:XCN|unit cost:CP|filler order:EI|entered "
     "by:XCN|procedure:CE|modifier:CE"},
};

/* Components from 1. */
static const struct {
    const char *type, *components;
} types[] = {
    {"HD", "name|universal id|universal id type"},
    {"MSG", "type|trigger|structure"},
    {"PT", "processing id|processing mode"},
    {"VID", "version|country"},
    {"CE", "code|text|system|alternate code|alternate text|alternate system"},
    {"CX", "id|check digit|check digit scheme|authority|id type|facility|effective|expires"},
    {"EI", "number|name space|universal id|universal id type"},
    {"EIP", "placer number|filler number"},
    {"XPN", "family name|given name|middle name|suffix|prefix|degree|name type"},
    {"XCN", "id|family name|given name|middle name|suffix|prefix|degree|source table|authority|name type|check digit|"
            "check digit scheme|id type|facility"},
    {"XON", "organization|name type|id|check digit|check digit scheme|authority|id type|facility|representation|"
            "organization id"},
    {"XAD", "street|second line|city|state|zip|country|address type"},
    {"XTN", "number as text|use|equipment|e-mail|country|area|local number|extension"},
    {"PL", "point of care|room|bed|facility|status|location type|building|floor|description"},
    {"TQ", "quantity|interval|duration|start|end|priority|condition|text"},
    {"CQ", "amount|unit"},
    {"CP", "price|price type"},
    {"AUI", "authorization number|authorization date|authorization source"},
    {"DTN", "day type|number of days"},
    {"ICD", "patient type|certification required|required by"},
    {"PLN", "id|id type|state|expires"},
    {"ELD", "segment|sequence|field|error code"},
    {"ERL", "segment|sequence|field|repetition|component|subcomponent"},
};

/* The n-th of a list divided by |, with jumps. */
static struct pp_str nth(const char *list, unsigned n) {
    unsigned at = 1;
    for (struct pp_str rest = pp_str_z(list); rest.n; at++) {
        struct pp_str one = pp_str_split(&rest, '|'), name = one, number;
        int64_t jump;
        number = pp_str_split(&name, '=');
        if (name.n && pp_str_int(number, &jump))
            at = (unsigned)jump;
        else
            name = one;
        if (at == n) return name;
    }
    return PP_STR_NONE;
}

struct pp_str pp_hl7_segment_name(const char *segment) {
    for (size_t i = 0; i < sizeof segments / sizeof *segments; i++)
        if (strcmp(segment, segments[i].segment) == 0) return pp_str_z(segments[i].name);
    return PP_STR_NONE;
}

struct pp_str pp_hl7_field_name(const char *segment, unsigned field, unsigned comp) {
    struct pp_str type = PP_STR_NONE, name = PP_STR_NONE;
    for (size_t i = 0; i < sizeof segments / sizeof *segments; i++)
        if (strcmp(segment, segments[i].segment) == 0) type = nth(segments[i].fields, field);
    name = pp_str_split(&type, ':');
    for (size_t i = 0; comp && i < sizeof types / sizeof *types; i++) {
        struct pp_str part = pp_str_eqz(type, types[i].type) ? nth(types[i].components, comp) : PP_STR_NONE;
        if (part.n) return part;
    }
    return name;
}

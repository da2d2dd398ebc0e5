"""What a PAS payer reads and writes, from the published guide (PAS 2.2.1) and its examples."""
import re
import uuid

PAS = "http://hl7.org/fhir/us/davinci-pas/StructureDefinition/"
REVIEW_CODES = "https://codesystem.x12.org/005010/306"
REASON_CODES = "https://codesystem.x12.org/external/886"
REJECT_CODES = "https://codesystem.x12.org/005010/901"
FOLLOWUP_CODES = "https://codesystem.x12.org/005010/889"
URN_UUID = re.compile(r"^urn:uuid:[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-4[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}$")


class Refused(Exception):
    """The request breaks a rule of the guide: (place, reason)."""

    def __init__(self, place, reason):
        super().__init__(f"{place}: {reason}")
        self.place, self.reason = place, reason


def references(node):
    """Every Reference.reference below a node."""
    if isinstance(node, dict):
        ref = node.get("reference")
        if isinstance(ref, str):
            yield ref
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def extension(node, name):
    for ext in node.get("extension", []):
        if ext.get("url") == PAS + name:
            return ext
    return None


def need(condition, place, reason):
    if not condition:
        raise Refused(place, reason)


def check_bundle(bundle):
    """The rules a client must keep (conformance suite B1-B4, Claim minimum). Returns the Claim."""
    need(isinstance(bundle, dict) and bundle.get("resourceType") == "Bundle", "Bundle", "the body is no Bundle")
    need(bundle.get("type") == "collection", "Bundle.type", "must be collection")
    need(bundle.get("identifier", {}).get("value"), "Bundle.identifier", "is missing")
    need(bundle.get("timestamp"), "Bundle.timestamp", "is missing")
    entries = bundle.get("entry") or []
    need(entries and entries[0].get("resource", {}).get("resourceType") == "Claim", "Bundle.entry[0]", "must be the Claim")
    by_url = {}
    for i, entry in enumerate(entries):
        url = entry.get("fullUrl", "")
        need(URN_UUID.match(url) or url.startswith("http"), f"Bundle.entry[{i}].fullUrl", "must be an URL or a version 4 urn:uuid")
        need(url not in by_url, f"Bundle.entry[{i}].fullUrl", "stands twice")
        by_url[url] = entry["resource"]
    seen, todo = set(), [entries[0]["fullUrl"]]
    while todo:
        url = todo.pop()
        if url in seen:
            continue
        seen.add(url)
        for ref in references(by_url[url]):
            if ref.startswith("#"):
                continue
            need(ref in by_url, f"{by_url[url]['resourceType']}", f"reference does not resolve in the Bundle: {ref[:60]}")
            todo.append(ref)
    claim = entries[0]["resource"]
    check_claim(claim, by_url)
    return claim, by_url


def check_claim(claim, by_url):
    ids = claim.get("identifier") or []
    need(ids and ids[0].get("system") and ids[0].get("value"), "Claim.identifier", "needs system and value")
    for name, want in (("status", "active"), ("use", "preauthorization")):
        need(claim.get(name) == want, f"Claim.{name}", f"must be {want}")
    for name in ("type", "patient", "created", "insurer", "provider", "priority", "insurance"):
        need(claim.get(name), f"Claim.{name}", "is missing")
    whole_cancel = extension(claim, "extension-certificationType") is not None
    items = claim.get("item") or []
    need(items or whole_cancel, "Claim.item", "at least one item")
    for i, item in enumerate(items):
        place = f"Claim.item[{i}]"
        need(item.get("sequence"), place + ".sequence", "is missing")
        need(extension(item, "extension-serviceItemRequestType"), place, "extension serviceItemRequestType is missing")
        need(extension(item, "extension-certificationType"), place, "extension certificationType is missing")
        for name in ("category", "productOrService"):
            need(item.get(name), f"{place}.{name}", "is missing")
        quantity = item.get("quantity")
        if quantity:
            need("value" in quantity and (quantity.get("unit") or quantity.get("code")), place + ".quantity", "needs value and unit or code")
            need(not quantity.get("code") or quantity.get("system") == "https://codesystem.x12.org/005010/673",
                 place + ".quantity", "code needs system 005010/673")
    sequences = [s.get("sequence") for s in claim.get("supportingInfo") or []]
    need(len(sequences) == len(set(sequences)), "Claim.supportingInfo", "sequence stands twice")
    for i, info in enumerate(claim.get("supportingInfo") or []):
        ref = info.get("valueReference", {}).get("reference")
        doc = by_url.get(ref) if ref else None
        if doc and doc["resourceType"] == "DocumentReference":
            attachment = doc["content"][0]["attachment"]
            need(attachment.get("data"), f"Claim.supportingInfo[{i}]", "DocumentReference needs inline attachment.data")
    for related in claim.get("related") or []:
        need(related.get("claim", {}).get("reference") in by_url, "Claim.related", "the prior Claim must be in the Bundle")


def item_codes(claim):
    """sequence -> (code, quantity text)"""
    out = {}
    for item in claim.get("item") or []:
        coding = (item["productOrService"].get("coding") or [{}])[0]
        out[item["sequence"]] = (coding.get("code", ""), str(item.get("quantity", {}).get("value", "1")))
    return out


def concept(system, code):
    return {"coding": [{"system": system, "code": code}]}


def review_action(answer):
    action = []
    if answer.get("number"):
        action.append({"url": "number", "valueString": answer["number"]})
    for reason in answer.get("reasons", []):
        action.append({"url": "reasonCode", "valueCodeableConcept": concept(REASON_CODES, reason)})
    if "action" in answer:
        action.append({"url": PAS + "extension-reviewActionCode",
                       "valueCodeableConcept": concept(answer.get("system", REVIEW_CODES), answer["action"])})
    return {"url": PAS + "extension-reviewAction", "extension": action}


def adjudication(answer):
    return [{"extension": [review_action(answer)],
             "category": concept("http://terminology.hl7.org/CodeSystem/adjudication", "submitted")}]


def response_item(sequence, answer, notes):
    ext = []
    if answer.get("reference"):
        ext.append({"url": PAS + "extension-administrationReferenceNumber", "valueString": answer["reference"]})
    if answer.get("from"):
        ext.append({"url": PAS + "extension-itemPreAuthIssueDate", "valueDate": answer["from"]})
        ext.append({"url": PAS + "extension-itemPreAuthPeriod", "valuePeriod": {"start": answer["from"], "end": answer["until"]}})
    if answer.get("units"):
        detail = [{"url": "quantity", "valueQuantity": {"value": float(answer["units"])}}]
        if answer.get("code"):
            detail.insert(0, {"url": "productOrServiceCode",
                              "valueCodeableConcept": concept("http://www.ama-assn.org/go/cpt", answer["code"])})
        ext.append({"url": PAS + "extension-itemAuthorizedDetail", "extension": detail})
    item = {"itemSequence": sequence, "adjudication": adjudication(answer)}
    if ext:
        item = {"extension": ext, **item}
    if answer.get("text"):
        notes.append({"number": len(notes) + 1, "text": answer["text"]})
        item["noteNumber"] = [len(notes)]
    return item


def claim_response(claim, answers, today, now_text):
    """answers: sequence -> answer. The ClaimResponse Bundle a payer sends."""
    notes, items, add_items, wanted = [], [], [], []
    error = next((a["error"] for a in answers.values() if "error" in a), None)
    for sequence, answer in sorted(answers.items()):
        if "error" in answer:
            continue
        items.append(response_item(sequence, answer, notes))
        if answer.get("action") == "A6":
            add_items.append({"itemSequence": [sequence],
                              "productOrService": concept("http://www.ama-assn.org/go/cpt", answer["code"]),
                              **({"quantity": {"value": float(answer["units"])}} if answer.get("units") else {}),
                              "adjudication": adjudication(answer)})
        for code in answer.get("wants", []):
            wanted.append((sequence, code, answer.get("due")))
    response = {
        "resourceType": "ClaimResponse", "id": str(uuid.uuid4()),
        "meta": {"profile": [PAS + "profile-claimresponse"]},
        "identifier": claim["identifier"], "status": "active", "type": claim["type"], "use": "preauthorization",
        "patient": {"reference": "Patient/1"}, "created": now_text, "insurer": {"reference": "Organization/1"},
        "outcome": "error" if error and not items else "complete",
    }
    if items:
        response["item"] = items
    if add_items:
        response["addItem"] = add_items
    if notes:
        response["processNote"] = notes
    if error:
        ext = [{"url": PAS + "extension-errorFollowupAction", "valueCodeableConcept": concept(FOLLOWUP_CODES, error["followup"])}]
        if error.get("element"):
            ext.append({"url": PAS + "extension-errorElement", "valueString": error["element"]})
        response["error"] = [{"extension": ext, "code": {**concept(REJECT_CODES, error["code"]), "text": error.get("text", "")}}]
    entries = [{"fullUrl": f"http://payer.example/fhir/ClaimResponse/{response['id']}", "resource": response}]
    requests = []
    for sequence, code, due in wanted:
        request = {
            "resourceType": "CommunicationRequest", "id": str(uuid.uuid4()), "status": "active",
            "payload": [{"extension": [{"url": PAS + "extension-serviceLineNumber", "valuePositiveInt": sequence}],
                         "contentString": code}],
        }
        if due:
            request["occurrenceDateTime"] = due
        url = f"http://payer.example/fhir/CommunicationRequest/{request['id']}"
        requests.append({"reference": url})
        entries.append({"fullUrl": url, "resource": request})
    if requests:
        response["communicationRequest"] = requests
    return {
        "resourceType": "Bundle", "id": str(uuid.uuid4()), "meta": {"profile": [PAS + "profile-pas-response-bundle"]},
        "identifier": {"system": "http://payer.example/transactions", "value": str(uuid.uuid4())},
        "type": "collection", "timestamp": now_text, "entry": entries,
    }


def notification(subscription_id, number, now_text, bundle=None):
    """Subscription notification, full-resource; a handshake when there is no bundle."""
    parameters = [
        {"name": "subscription", "valueReference": {"reference": f"Subscription/{subscription_id}"}},
        {"name": "topic", "valueCanonical": "http://hl7.org/fhir/us/davinci-pas/SubscriptionTopic/PASSubscriptionTopic"},
        {"name": "status", "valueCode": "active"},
        {"name": "type", "valueCode": "event-notification" if bundle else "handshake"},
    ]
    entries = []
    if bundle:
        focus = f"urn:uuid:{uuid.uuid4()}"
        parameters.append({"name": "events-since-subscription-start", "valueString": str(number)})
        parameters.append({"name": "notification-event", "part": [
            {"name": "event-number", "valueString": str(number)}, {"name": "timestamp", "valueInstant": now_text},
            {"name": "focus", "valueReference": {"reference": focus}}]})
        entries.append({"fullUrl": focus, "resource": bundle})
    entries.insert(0, {"fullUrl": f"urn:uuid:{uuid.uuid4()}",
                       "resource": {"resourceType": "Parameters", "parameter": parameters}})
    return {"resourceType": "Bundle", "id": str(uuid.uuid4()), "type": "history", "timestamp": now_text, "entry": entries}


def outcome(code, text, place=None):
    issue = {"severity": "error", "code": code, "diagnostics": text}
    if place:
        issue["expression"] = [place]
    return {"resourceType": "OperationOutcome", "issue": [issue]}

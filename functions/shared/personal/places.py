"""The second half of an address: a town with its postcode, as the countries write it."""

from collections.abc import Iterator
from dataclasses import dataclass

from functions.shared.personal.words import ANY, COUNTED, UP, lazily


@dataclass(frozen=True, slots=True)
class Place:
    """Where it stands, and what that says of its surroundings."""

    start: int
    end: int
    alone: bool  # private without a street before it
    code_first: bool = False  # "55116 Mainz": any name with a number before it is a street


_FIRST = (
    r"(?:(?:Bad|St\.?|Sankt|Neu|New|Los|Las|San|La|Le|Les|Den|Saint|Sainte|Navi|Great(?:er)?|North|South|East|West"
    r"|Upper|Lower|Fort|El|Santa|Port|Lake|Mount|Cape|Hong|Rio|Ciudad)[ -])"
)
_PARTICLE = (
    r"(?:am|an der|an den|im|in|ob der|bei|unter|vor der|auf|a\. ?d\.|a\.|v\. ?d\.|i\.|o\. ?d\.|de|la|le|les|sur|sous"
    r"|upon|del|di)"
)
_TOWN = (
    rf"(?!{COUNTED})(?:{_FIRST})?{UP}[\w'’-]{{1,30}}(?:[ -]{_PARTICLE}[ -]{UP}[\w'’-]{{1,30}})?"
    r"(?: \([A-Z]\w{1,20}\))?(?: Cedex(?: \d{1,2})?)?"
)
# A town stands on the line of its code.
_SPACE = r"[ \t]{1,3}"
_NOT_ROUND = r"(?!\d\d000)"
# (pattern, whether it is private without a street)
_CODE_FIRST = tuple(
    (lazily(rf"(?<![\w.,/+-])(?P<hit>{pattern})"), alone)
    for pattern, alone in (
        (rf"(?:D|DE|F|FR|I|IT|E|ES)[- ]{{1,2}}\d{{5}}{_SPACE}{_TOWN}", True),
        (rf"(?:A|AT|CH|L|LU|B|BE|DK|FL)-\s?\d{{4}}{_SPACE}{_TOWN}", True),
        # 55116 Mainz, 75000 Paris; 1060 Wien, 8001 Zürich; 111 22 Stockholm; 00-238 Warszawa, 1100-053 Lisboa
        (rf"(?:{_NOT_ROUND}\d{{5}}|(?:75|69|13|31|33|59|67|06|34|44|35)000){_SPACE}{_TOWN}", False),
        (
            rf"(?:[1-9]\d{{3}}|\d{{3}} \d{{2}}|\d\d-\d{{3}}|\d{{4}}-\d{{3}}){_SPACE}{_TOWN}(?: \d{{1,2}}(?![\d.,]))?",
            False,
        ),
        # 1015 CJ Amsterdam; 2019 AI Conference is none
        (rf"(?!(?:19|20)\d\d)[1-9]\d{{3}} ?[A-Z]{{2}}{_SPACE}{_TOWN}", True),
        (rf"(?:19|20)\d\d ?[A-Z]{{2}}{_SPACE}{_TOWN}", False),
    )
)
_STATE = (
    r"(?:A[LKZR]|C[AOT]|D[EC]|FL|GA|HI|I[DLNA]|K[SY]|LA|M[EDAINSOT]|N[EVHJMYCD]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[TA]"
    r"|W[AVIY])"
)
_BRITISH = (
    r"(?:A[BL]|B[ABDHLNRST]?|C[ABFHMORTVW]|D[ADEGHLNTY]|E[CHNX]?|F[KY]|G[LUY]?|H[ADGPRSUX]|I[GMPV]|JE|K[ATWY]"
    r"|L[ADELNSU]?|M[EKL]?|N[EGNPRW]?|O[LX]|P[AEHLOR]|R[GHM]|S[AEGKLMNOPRSTWY]?|T[ADFNQRSW]|UB|W[ACDFNRSV]?|YO|ZE)"
    rf"\d[A-Z\d]?{ANY}\d[ABD-HJLNP-UW-Z]{{2}}(?!\w)"
)
_PIN = r"(?:(?i:pin)(?:[ -]?(?i:code))?\W{0,3})?[1-8]\d{2} ?\d{3}(?![\d%]|[.,]\d)"
# (code, whether it is private without a street): the town stands before it
_CODE_LAST = tuple(
    (lazily(rf"(?<![\w.,/+-])(?P<hit>{pattern})"), alone)
    for pattern, alone in (
        # Springfield, IL 62704; Sydney NSW 2000; Toronto, ON M5V 2T6; London NW1 6XE
        (rf"{_STATE},?{_SPACE}{_NOT_ROUND}\d{{5}}(?:-\d{{4}})?(?![\d%]|[.,]\d)(?!\s{{1,2}}{COUNTED})", True),
        (rf"(?:NSW|VIC|QLD|WA|SA|TAS|ACT|NT),?{_SPACE}\d{{4}}(?!\d)", True),
        (
            r"(?:(?:AB|BC|MB|NB|NL|NS|NT|NU|ON|PE|QC|SK|YT),?\s{1,2})?[ABCEGHJ-NPRSTVXY]\d[A-Z][ -]?\d[A-Z]\d(?!\w)",
            True,
        ),
        (rf"(?!\S{{2,4}}\s\d(?:GB|TB|PB|EB)\b){_BRITISH}", True),
        # Dublin D02 AF30; Springfield 12345; Mumbai 400050, Kochi - 682 001
        (r"[AC-FHKNPRTV-Y]\d[0-9W] ?(?=[0-9AC-Y]{0,3}[A-Z])[0-9AC-FHKNPRTV-Y]{4}(?!\w)", False),
        (rf"\d{{5}}(?:-\d{{3,4}})?(?![\d%]|[.,]\d)(?!\s{{1,2}}{COUNTED})", False),
        (_PIN, False),
    )
)
_TOWN_BEFORE = lazily(
    rf"(?<![\w-])(?!{COUNTED}){UP}[\w'’.-]{{1,30}}(?:[ -](?:upon |on |of )?{UP}[\w'’.-]{{1,30}}){{0,3}}"
    r"[\s,:(-]{1,4}$"
)
# Cities and states that make six digits a PIN code without a street.
_INDIA = lazily(
    r"\b(?:Mumbai|Delhi|Bengaluru|Bangalore|Hyderabad|Chennai|Kolkata|Calcutta|Pune|Ahmedabad|Surat|Jaipur"
    r"|Lucknow|Kanpur|Nagpur|Indore|Thane|Bhopal|Patna|Vadodara|Ghaziabad|Ludhiana|Agra|Nashik|Faridabad|Noida|Gurgaon"
    r"|Gurugram|Kochi|Cochin"
    r"|Ernakulam|Kottayam|Thrissur|Kozhikode|Calicut|Palakkad|Trivandrum|Thiruvananthapuram|Coimbatore|Madurai"
    r"|Mysore|Mysuru"
    r"|Mangalore|Visakhapatnam|Vijayawada|Chandigarh|Bhubaneswar|Goa|Dehradun|Guwahati|Ranchi|Raipur|Kerala|Maharashtra"
    r"|Karnataka|Gujarat|Tamil Nadu|Telangana|West Bengal|Rajasthan|Punjab|Haryana|Uttar Pradesh|Andhra Pradesh"
    r"|Madhya Pradesh|Bihar|Odisha|Assam|India|(?i:pin(?:[ -]?code)?))\W{1,6}$"
)
_BEFORE, _AFTER = r"(?:^|[|·•]\s?|^[-•*] )", r"(?=\s?(?:$|[|·•]))"
_LABEL = r"\b(?i:plz|postleitzahl|post\s?code|postal\scode|zip(?:\scode)?|pin\s?code)\s?[:;]\s?"
_OWN_LINE = (
    # 55116 Mainz, 55116 Mainz-Kastel: on a line of its own, or between bars
    lazily(
        rf"(?m){_BEFORE}(?P<hit>{_NOT_ROUND}\d{{5}}{_SPACE}{_TOWN}(?:[ -](?!{COUNTED}){UP}[\w'’-]{{1,30}}){{0,2}}"
        rf"(?:, [A-Z]\w{{1,20}})?){_AFTER}"
    ),
    lazily(rf"{_LABEL}(?P<hit>(?=\w{{0,3}}\d)[A-Z\d]{{2,5}}(?:[ -][A-Z\d]{{2,4}})?)(?!\w)"),
    lazily(
        r"\b(?i:wohnhaft|wohne|wohnt|lives?|living|residing|resides|wohnort:|ansässig)(?:\s(?:in|at))?\s"
        rf"(?P<hit>{_NOT_ROUND}\d{{5}}{_SPACE}{_TOWN})"
    ),
)
# Characters before a code in which its town stands.
_REACH = 70


def places(text: str) -> Iterator[Place]:
    """Towns with their codes, in no order."""
    for pattern, alone in _CODE_FIRST:
        for found in pattern().finditer(text):
            yield Place(*found.span("hit"), alone, code_first=True)
    for pattern in _OWN_LINE:
        for found in pattern().finditer(text):
            yield Place(*found.span("hit"), alone=True, code_first=True)
    for number, (pattern, alone) in enumerate(_CODE_LAST, 1):
        for found in pattern().finditer(text):
            start, end = found.span("hit")
            town = _TOWN_BEFORE().search(text, max(0, start - _REACH), start)
            indian = number == len(_CODE_LAST) and _INDIA().search(text, max(0, start - 30), start) is not None
            if town or indian or (alone and number > 1):  # two capitals and five digits alone are anything
                yield Place(town.start() if town else start, end, alone or indian)

"""JSON Resume → sections of sentences that can be quoted alone: who, what, where and when in each.

Lengths of time are not told: today moves, so they are counted when somebody asks. Periods read "from July 2016 to
August 2018" or "since June 2023". Contact data is never told, and what other people say only on request.
"""

import re
from collections.abc import Iterator, Sequence

from functions.ingest.parsers import Parsed
from functions.ingest.parsers.countries import COUNTRIES
from functions.ingest.parsers.schema import Basics, Date, Education, Location, Period, Project, Resume, Skill, read
from functions.ingest.privacy import audience
from functions.shared.records import Section

_FINISHED = re.compile(r"[.!?…][\"'”’»)\]]*\Z")
_TITLE = re.compile(r"(?:(?:dr|prof|mr|mrs|ms|mx|ing|dipl|phd)\b\.?-?\s*)+", re.IGNORECASE)
# A job title that reads after "is a": no list, no address.
_PLAIN_LABEL = re.compile(r"[^\W\d_][\w &/'’-]*")
# "Programming languages" are skills by name; "Programming" is not.
_PLURAL = re.compile(
    r".*(?:skills|languages|tools|databases|frameworks|platforms|libraries|technologies|systems)", re.I
)
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
NOBODY = "This person"


def resume(text: str) -> Parsed:
    """A resume, titled "Resume of …". Raises Refused."""
    told = read(text)
    name = told.basics.name or NOBODY
    modified = _DATE.match(told.meta.modified)
    uri = told.basics.url if told.basics.url.startswith(("http://", "https://")) else ""
    return Parsed(
        sections=tuple(section for section in _sections(told, name) if section.text),
        title=told.title or (f"Resume of {told.basics.name}" if told.basics.name else "Resume"),
        uri=told.uri or uri,
        updated=modified[0] if modified else "",
        audience="public" if told.audience is None else audience(told.audience),
    )


def _sections(told: Resume, name: str) -> Iterator[Section]:
    who = _first_name(name)
    yield _section("About", _about(told.basics, name, who))
    yield from _work(told, who)
    yield from _education(told, who)
    yield from _skills(told.skills, who)
    yield _section("Languages", _languages(told, who))
    yield _section("Certificates", _certificates(told, who))
    for project in told.projects:
        yield _section(("Projects", project.name or "Project"), _project(project, who))
    yield _section("Publications", _publications(told, who))
    yield _section("Awards", _awards(told, who))
    yield from _volunteer(told, who)
    yield _section("Interests", _interests(told, who))
    spoken = (f"{said.name or 'A reference'} about {name}: {_sentence(said.reference)}" for said in told.references)
    yield Section(("References",), "\n".join(spoken), "on-request")


def _section(path: str | tuple[str, ...], *blocks: Iterator[str] | Sequence[str]) -> Section:
    lines = ["\n".join(line for line in block if line) for block in blocks]
    return Section((path,) if isinstance(path, str) else path, "\n\n".join(block for block in lines if block))


def _about(basics: Basics, name: str, who: str) -> Iterator[str]:
    if basics.label:
        plain = _PLAIN_LABEL.fullmatch(basics.label)
        yield f"{name} is {_a(basics.label)}." if plain else f"{name}'s professional title: {basics.label}."
    if home := _place(basics.location):
        yield f"{who} lives in {home}."
    if basics.summary:
        yield _sentence(basics.summary)
    for profile in basics.profiles:
        where = profile.url or profile.username
        if profile.network and where:
            yield f"{who} is on {profile.network} ({where})."
    if basics.url:
        yield f"{who}'s website is {basics.url}."


def _work(told: Resume, who: str) -> Iterator[Section]:
    jobs = [(job, job.name or job.company) for job in told.work]
    named = [(_at(job.position, employer), job) for job, employer in jobs]
    if len([title for title, _ in named if title]) > 1:
        held = _listed([f"{title}{_in_brackets(_period(job))}" for title, job in named if title])
        yield _section("Work", [f"{who}'s jobs: {held}."])
    for (title, _), (job, employer) in zip(named, jobs, strict=True):
        if not title:
            first = ""
        else:
            role = f" as {job.position}" if job.position else ""
            place = f" in {job.location}" if job.location else ""
            verb = "worked" if job.end else "has worked"
            first = f"{who} {verb}{role}{f' at {employer}' if employer else ''}{place}{_period(job)}."
        company = f"{employer}: {_sentence(job.description)}" if employer and job.description else ""
        opening = [first, company, _sentence(job.summary)]
        yield _section(("Work", title or "Job"), opening, map(_sentence, job.highlights))


def _education(told: Resume, who: str) -> Iterator[Section]:
    courses = [(study, _degree(study)) for study in told.education]
    if len(courses) > 1:
        held = _listed([_at(degree, study.institution) for study, degree in courses])
        yield _section("Education", [f"{who}'s education: {held}."] if held else [])
    for study, degree in courses:
        title = _at(degree, study.institution)
        verb = "studied" if study.end else "has studied"
        subject = f"{study.area} ({study.degree})" if study.area and study.degree else study.area
        subject = subject or study.degree
        school = f"at {study.institution}" if study.institution else ""
        first = f"{' '.join(part for part in (who, verb, subject, school) if part)}{_period(study)}." if title else ""
        about = _at(subject, study.institution)
        grade = f"{who}'s grade in {about}: {study.score}." if study.score and title else ""
        taken = f"{who}'s courses in {about}: {_listed(study.courses)}." if study.courses and title else ""
        yield _section(("Education", title or "Studies"), [first, grade, taken])


def _degree(study: Education) -> str:
    return f"{study.degree} in {study.area}" if study.degree and study.area else study.degree or study.area


def _skills(skills: Sequence[Skill], who: str) -> Iterator[Section]:
    groups = [skill for skill in skills if skill.keywords]
    single = [f"{skill.name}{_in_brackets(_low(skill.level))}" for skill in skills if skill.name and not skill.keywords]
    if len([group for group in groups if group.name]) > 1:
        yield _section("Skills", [f"{who}'s skills are in {_listed([group.name for group in groups if group.name])}."])
    for group in groups:
        noun = "" if _PLURAL.fullmatch(group.name) else " skills"
        name = f"{group.name}{noun}".strip()
        line = f"{who}'s {name}{_in_brackets(_low(group.level))}: {', '.join(filter(None, group.keywords))}."
        yield _section(("Skills", group.name or "Skills"), [line])
    yield _section("Skills", [f"{who}'s skills: {', '.join(single)}."] if single else [])


def _languages(told: Resume, who: str) -> Iterator[str]:
    spoken = [f"{one.language}{_in_brackets(_low(one.fluency))}" for one in told.languages if one.language]
    if spoken:
        yield f"{who} speaks {_listed(spoken)}."


def _certificates(told: Resume, who: str) -> Iterator[str]:
    named = [certificate for certificate in told.certificates if certificate.name]
    if len(named) > 1:
        yield f"{who}'s certificates: {'; '.join(certificate.name for certificate in named)}."
    for certificate in named:
        how = f", issued by {certificate.issuer}" if certificate.issuer else ", issued" if certificate.date else ""
        yield f"{who} holds the certificate {certificate.name}{how}{_on(certificate.date)}."


def _project(project: Project, who: str) -> Iterator[str]:
    name = project.name or "A project"
    if project.roles or project.entity or _period(project):
        role = f" as {_listed(project.roles)}" if project.roles else ""
        body = f" for {project.entity}" if project.entity else ""
        verb = "worked" if project.end else "has worked"
        yield f"{who} {verb} on {name}{role}{body}{_period(project)}."
    if project.description:
        yield f"{name}: {_sentence(project.description)}"
    elif not (project.roles or project.entity or _period(project)) and project.name:
        yield f"{who} worked on {name}."
    yield from map(_sentence, project.highlights)
    if keywords := [keyword for keyword in project.keywords if keyword]:
        yield f"{name} uses {_listed(keywords)}."
    if project.url:
        yield f"{name} is at {project.url}."


def _publications(told: Resume, who: str) -> Iterator[str]:
    for text in told.publications:
        if text.name:
            house = f" with {text.publisher}" if text.publisher else ""
            yield f"{who} published “{text.name}”{house}{_on(text.date)}."
            yield _sentence(text.summary)


def _awards(told: Resume, who: str) -> Iterator[str]:
    for award in told.awards:
        if award.title:
            giver = f" from {award.awarder}" if award.awarder else ""
            yield f"{who} received the award {award.title}{giver}{_on(award.date)}."
            yield _sentence(award.summary)


def _volunteer(told: Resume, who: str) -> Iterator[Section]:
    for task in told.volunteer:
        title = _at(task.position, task.organization)
        role = f" as {task.position}" if task.position else ""
        place = f" at {task.organization}" if task.organization else ""
        verb = "volunteered" if task.end else "has volunteered"
        first = f"{who} {verb}{role}{place}{_period(task)}." if title else ""
        yield _section(
            ("Volunteering", title or "Task"), [first, _sentence(task.summary)], map(_sentence, task.highlights)
        )


def _interests(told: Resume, who: str) -> Iterator[str]:
    named = [f"{one.name}{_in_brackets(', '.join(one.keywords))}" for one in told.interests if one.name]
    if named:
        yield f"{who} is interested in {_listed(named)}."


def _first_name(name: str) -> str:
    if name == NOBODY:
        return name
    return (_TITLE.sub("", name, count=1) if _TITLE.match(name) else name).split(" ")[0].rstrip(",") or name


def _at(what: str, where: str) -> str:
    return f"{what} at {where}" if what and where else what or where


def _period(of: Period) -> str:
    """With a space before it; empty where no date is given."""
    start, end = of.start.by_month, of.end.by_month
    if start and end:
        return f" in {start}" if str(start) == str(end) else f" from {start} to {end}"
    return f" since {start}" if start else f" until {end}" if end else ""


def _on(day: Date) -> str:
    return f"{' on' if day.day else ' in'} {day}" if day else ""


def _place(home: Location) -> str:
    country = COUNTRIES.get(home.country.upper(), home.country)
    parts = [home.city, home.region if home.region != home.city else "", country]
    return ", ".join(part for part in parts if part)


def _sentence(text: str) -> str:
    """With a full stop."""
    return text if not text or _FINISHED.search(text) else f"{text.rstrip(',;:')}."


def _listed(parts: Sequence[str]) -> str:
    told = [part for part in parts if part]
    return f"{', '.join(told[:-1])} and {told[-1]}" if len(told) > 1 else "".join(told)


def _in_brackets(text: str) -> str:
    return f" ({text.strip()})" if text.strip() else ""


def _low(level: str) -> str:
    """A level inside a sentence: "Native speaker" but "C1" and "TOEFL 110"."""
    return level[:1].lower() + level[1:] if level[1:2].islower() and not re.search(r"\d", level) else level


def _a(label: str) -> str:
    return f"{'an' if label[0].lower() in 'aeiou' else 'a'} {label}"

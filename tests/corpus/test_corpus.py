"""The documents this bot ships with: complete, well formed, and free of private data."""

import datetime
import re
from pathlib import Path

import phonenumbers
import pytest
import yaml

from functions.shared.sentences import sentences as split
from functions.shared.subject import read_subject
from tests.processes import ROOT

CORPUS = ROOT / "corpus"
DOCUMENTS = sorted(path for path in CORPUS.glob("*.md") if path.name != "README.md")
PASSAGE = 300  # Settings.chunk_size: a longer sentence would be cut in two

EMAIL = r"[\w.+-]+@[\w-]+\.\w+|\bat\b.{1,20}\bdot\b"
STREET = r"(?i)\b\w+(?:straße|strasse|str\.|weg|platz|allee|gasse)\s+\d+|\b\d+\s+\w+\s+(?:street|road|avenue|lane)\b"
POSTCODE = r"\b\d{5,6}\b"
BIRTH = r"(?i)\bborn\b|birth|\bgeb(?:oren|urt)|years old"
DAY = r"\b\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b|\b\d{1,2}(?:st|nd|rd|th)? (?:January|February|March|April|May|June|July)\b"

# The fact, and the file of which one line must hold every phrase.
FACTS = {
    # who
    "experience": ("about", "more than two years of experience", "data scientist"),
    "end to end": ("about", "machine learning end to end", "data preparation", "deployment in production"),
    "focus": ("about", "scalable machine learning pipelines", "model performance", "cloud deployment"),
    "raw data": ("about", "raw data into insight", "business value"),
    "main tools": ("about", "Python, SQL, machine learning and MLOps"),
    "Azure above all": ("about", "AI solutions on the cloud", "Microsoft Azure"),
    "engineer before": ("about", "mechanical engineer", "manufacturing and design automation"),
    "residence": ("about", "German permanent residence", "allowed to work in Germany"),
    "learning": ("about", "Azure AI Engineer Associate (AI-102)", "CKAD"),
    "growing": ("about", "growing", "DevOps and Kubernetes"),
    "side projects": ("about", "AI, software engineering and automation"),
    "collaboration": ("about", "collaborative environments"),
    # VitaScale
    "employer": ("work-vitascale", "works as a Data Scientist at VitaScale GmbH in Mainz, Germany", "since June 2023"),
    "breath alcohol": (
        "work-vitascale",
        "breath alcohol detection system",
        "open environment",
        "electrochemical sensors",
    ),
    "accuracy": ("work-vitascale", "breath alcohol prediction", "accuracy of 88%"),
    "continuous": (
        "work-vitascale",
        "continuously predicts",
        "breath alcohol concentration",
        "electrochemical sensors",
    ),
    "ETL": ("work-vitascale", "ETL workflows", "clean and process sensor data", "store it in MySQL"),
    "tracking": ("work-vitascale", "MLflow", "experiment tracking and model versioning"),
    "automation": ("work-vitascale", "CI/CD automates", "preprocessing", "training"),
    "GUI": ("work-vitascale", "GUI tools in PyQt and Tkinter", "visualisation and sensor analytics"),
    "breath stack": (
        "work-vitascale",
        "TensorFlow",
        "scikit-learn",
        "signal processing",
        "SQL",
        "bagging and boosting",
    ),
    "Flask tool": ("work-vitascale", "Flask", "APIs of Calendly and MailerLite"),
    "Flask hosting": ("work-vitascale", "hosted on Render"),
    "conversion": ("work-vitascale", "A/B testing and audience segmentation", "raised the conversion"),
    "crowdfunding": ("work-vitascale", "data-driven landing page", "successful crowdfunding"),
    "marketing stack": ("work-vitascale", "HTML/CSS", "WordPress", "Meta campaigns and Indiegogo campaigns", "SQL"),
    "work RAG": ("work-vitascale", "retrieval-augmented generation (RAG)", "secure enterprise use"),
    "work RAG data": ("work-vitascale", "web scraping", "automated its document ingestion", "updates of its knowledge"),
    "work vectors": ("work-vitascale", "vector database", "Pinecone", "vector embeddings"),
    "work RAG stack": ("work-vitascale", "LangChain, Hugging Face and Streamlit"),
    "work RAG cloud": ("work-vitascale", "deployed on Microsoft Azure", "Azure Kubernetes Service"),
    # Furnace Fabrica
    "procurement": ("work-furnace-fabrica", "Procurement Engineer", "Furnace Fabrica India Ltd", "Navi Mumbai, India"),
    "procurement time": ("work-furnace-fabrica", "from July 2016 to August 2018"),
    "two start dates": ("work-furnace-fabrica", "portfolio page says June 2016", "CV says July 2016"),
    "procurement tasks": (
        "work-furnace-fabrica",
        "procurement strategy",
        "ERP-based inventory control",
        "vendor development",
    ),
    "quality": ("work-furnace-fabrica", "quality control"),
    "compliance": ("work-furnace-fabrica", "cross-functional teams", "material compliance", "global projects"),
    # research and projects
    "thesis": ("master-thesis", "FPGA prototype", "cardiovascular disease", "rescue patients", "neural network"),
    "thesis time": ("master-thesis", "University of Siegen", "from February 2022 to November 2022"),
    "thesis hardware": ("master-thesis", "Pynq Z2 FPGA", "Apache TVM", "real-time prediction"),
    "thesis models": ("master-thesis", "ANN", "SVM", "GBM", "random forest"),
    "thesis metrics": ("master-thesis", "Tableau"),
    "clustering": ("masters-project-clustering", "deep embedded clustering", "bars-and-wires hot rolling"),
    "clustering time": ("masters-project-clustering", "from September 2020 to August 2021"),
    "clustering method": ("masters-project-clustering", "unsupervised", "autoencoder"),
    "own RAG hosting": ("personal-chatbot", "K3s", "manages himself", "Hetzner Cloud"),
    "own RAG before": ("personal-chatbot", "Azure Container Instances"),
    "own RAG model": ("personal-chatbot", "Mistral 7B Instruct v0.2", "Featherless API"),
    "own RAG fallback": ("personal-chatbot", "tinyllama", "Ollama"),
    "own RAG vectors": ("personal-chatbot", "ChromaDB", "all-MiniLM-L6-v2"),
    "own RAG stack": ("personal-chatbot", "LangChain and FastAPI"),
    "own RAG watch": ("personal-chatbot", "Prometheus and Grafana"),
    "own RAG code": ("personal-chatbot", "GitHub", "forerunner"),
    "segmentation": ("video-segmentation", "pre-trained model", "production-ready object detection application"),
    "segmentation video": ("video-segmentation", "semantic segmentation", "real-time video"),
    "language projects": ("projects", "resume ATS tracker", "sentiment analysis app", "weather AI agent"),
    "image projects": ("projects", "object detection on images and videos"),
    "audio project": ("projects", "audio transcription", "Django"),
    "dashboard": ("projects", "Formula 1 dashboard"),
    # education
    "master": ("education", "Master of Science (M.Sc.) in Mechatronics", "University of Siegen, Germany"),
    "master time": ("education", "from October 2018 to November 2022"),
    "bachelor": (
        "education",
        "Bachelor of Engineering (B.E.) in Mechanical Engineering",
        "University of Mumbai, India",
    ),
    "bachelor time": ("education", "from June 2012 to August 2016"),
    # skills
    "programming": ("skills", "Python, SQL, MATLAB and JavaScript (basic)"),
    "learning kinds": ("skills", "supervised and unsupervised learning", "deep learning", "NLP", "computer vision"),
    "learning craft": ("skills", "feature engineering", "model evaluation", "hyperparameter tuning", "A/B testing"),
    "in production": ("skills", "model deployment and monitoring"),
    "learning libraries": ("skills", "TensorFlow", "PyTorch", "Keras", "Hugging Face", "LangChain", "NLTK"),
    "data engineering": ("skills", "ETL pipelines", "data warehousing", "data lakes", "data modelling"),
    "data care": ("skills", "SQL optimisation", "API integration", "data governance", "data versioning"),
    "analytics": ("skills", "EDA", "statistical analysis", "hypothesis testing", "KPI tracking", "Apache Spark"),
    "charts": ("skills", "Tableau", "Seaborn", "Matplotlib", "Plotly"),
    "MLOps": ("skills", "MLflow", "CI/CD", "Docker", "Kubernetes", "GitHub Actions", "Azure", "pipeline automation"),
    "frameworks": ("skills", "Flask", "FastAPI", "Django", "Streamlit", "PyQt", "Tkinter"),
    "tools": ("skills", "Linux", "Git", "Carrd", "WordPress", "Agile/Scrum"),
    "cloud": ("skills", "Microsoft Azure", "Cognitive Services", "Render", "Pinecone"),
    "CAD": ("skills", "AutoCAD", "SolidWorks", "Pro/E-Creo", "manufacturing processes"),
    "soft skills": ("skills", "communication", "problem solving", "teamwork", "data storytelling", "time management"),
    # languages, certificates, contact
    "languages": ("languages", "English, Malayalam, Hindi and Marathi fluently", "German at level B2"),
    "DP-100": ("certificates", "Microsoft Certified Azure Data Scientist Associate (DP-100)"),
    "social media": ("certificates", "Digital Manager Social Media"),
    "Coursera": (
        "certificates",
        "Machine Learning, Neural Networks and Deep Learning",
        "Improving Deep Neural Networks",
    ),
    "Coursera vision": ("certificates", "Convolutional Neural Networks"),
    "website": ("contact", "https://vivekpadayattil.com/"),
    "GitHub": ("contact", "https://github.com/vivupadi"),
    "chat": ("contact", "https://chat.vivekpadayattil.com/"),
}

every_document = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
every_file = pytest.mark.parametrize("path", [*DOCUMENTS, CORPUS / "subject.yaml"], ids=lambda path: path.name)


def body(path: Path) -> str:
    return path.read_text("utf-8").split("---\n", 2)[2]


def sentences(path: Path) -> list[str]:
    """One sentence stands on one line."""
    return [line for line in body(path).splitlines() if line and not line.startswith("#")]


@every_document
def test_every_document_has_the_four_front_matter_fields(path: Path) -> None:
    opening, front, _ = path.read_text("utf-8").split("---\n", 2)
    fields = yaml.safe_load(front)
    assert opening == ""
    assert sorted(fields) == ["audience", "title", "updated", "uri"]
    assert fields["title"]
    assert fields["uri"] in ("https://vivekpadayattil.com/", "https://github.com/vivupadi")
    assert fields["audience"] == "public"
    assert isinstance(fields["updated"], datetime.date)


def test_no_two_documents_share_a_title() -> None:
    titles = [yaml.safe_load(path.read_text("utf-8").split("---\n", 2)[1])["title"] for path in DOCUMENTS]
    assert len(set(titles)) == len(titles)


@every_file
def test_every_file_is_utf_8_with_unix_line_ends(path: Path) -> None:
    assert "\r" not in path.read_bytes().decode("utf-8")


@every_file
def test_no_file_holds_private_data(path: Path) -> None:
    text = path.read_text("utf-8")
    found = [re.findall(pattern, text) for pattern in (EMAIL, STREET, POSTCODE, BIRTH, DAY)]
    numbers = [match.raw_string for match in phonenumbers.PhoneNumberMatcher(text, "DE")]
    assert (found, numbers) == ([[], [], [], [], []], [])


@every_document
def test_every_sentence_fits_one_passage(path: Path) -> None:
    assert [line for line in sentences(path) if len(line) > PASSAGE] == []


@every_document
def test_every_line_is_one_whole_sentence(path: Path) -> None:
    assert [line for line in sentences(path) if not re.fullmatch(r"[A-Z].*\.", line) or len(split(line)) != 1] == []


@every_document
def test_every_section_names_the_subject(path: Path) -> None:
    sections = re.split(r"(?m)^#+ .*$", body(path))
    assert [text for text in sections if text.strip() and "Vivek" not in text and "VitaScale" not in text] == []


@pytest.mark.parametrize("fact", FACTS)
def test_every_fact_stands_in_one_sentence(fact: str) -> None:
    document, *phrases = FACTS[fact]
    lines = sentences(CORPUS / f"{document}.md")
    assert [line for line in lines if all(phrase in line for phrase in phrases)], phrases


def test_every_document_holds_a_fact_of_the_table() -> None:
    assert {path.stem for path in DOCUMENTS} == {document for document, *_ in FACTS.values()}


def test_the_subject_has_six_different_starter_questions() -> None:
    subject = read_subject(CORPUS)
    assert len(set(subject.starters)) == 6
    assert all(starter.endswith("?") for starter in subject.starters)


def test_the_subject_is_reached_where_the_documents_say() -> None:
    subject = read_subject(CORPUS)
    contact = body(CORPUS / "contact.md")
    assert [link.label for link in subject.links] == ["Website", "GitHub", "Chat"]
    assert all(link.url in contact for link in subject.links)


def test_the_readme_for_owners_shows_the_front_matter_as_it_is() -> None:
    front = (CORPUS / "work-furnace-fabrica.md").read_text("utf-8").split("---\n", 2)[1]
    assert front in (CORPUS / "README.md").read_text("utf-8")

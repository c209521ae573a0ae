"""What the page is made of, and somebody else's pages around it."""

import json

from tests.processes import ROOT

SITE = ROOT / "site"
SUBJECT = json.loads((SITE / "subject.json").read_text())
ELSEWHERE_PLAIN = """<!doctype html><html lang="en"><title>Somebody's page</title><link rel="icon" href="data:,">
<main><h1>Somebody's page</h1><p>Text.</p></main><script type="module" src="/ask-portfolio.js%s"></script>"""
ELSEWHERE = """<!doctype html><html lang="en"><title>Somebody's page</title><link rel="icon" href="data:,">
<style>* { color: red !important; } p { font-size: 3rem } button { display: none }</style>
<main><h1>Somebody's page</h1><p>Text.</p>%s</main>
<script type="module" src="/ask-portfolio.js%s"></script>"""

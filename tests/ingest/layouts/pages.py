"""CVs written as pages, for a browser to print: one as LaTeX templates set them, one as design tools do."""

LATEX = """<title>Untitled</title><style>
body{font:10.5pt 'Times New Roman',serif;margin:30px;text-align:justify} p,ul{margin:2px 0}
h1{font-size:22pt;margin:0;text-align:center;font-variant:small-caps}
h2{font-size:12pt;font-variant:small-caps;border-bottom:1px solid;margin:10px 0 4px}
.e{display:flex;justify-content:space-between} .c{text-align:center}</style>
<h1>Bartholomew Quist</h1><div class=c>+44 7700 900123 | quist@example.org | quist.example</div>
<h2>Education</h2>
<div class=e><b>University of Tromsø</b><span>Tromsø, Norway</span></div>
<div class=e><i>MSc in Space Physics, minor in Statistics</i><i>Aug. 2014 – May 2016</i></div>
<div class=e><b>Leeds College</b><span>Leeds, UK</span></div>
<div class=e><i>BSc in Physics</i><i>Aug. 2011 – May 2014</i></div>
<h2>Experience</h2>
<div class=e><b>Aurora Data Scientist</b><span>June 2019 – Present</span></div>
<div class=e><i>Polarlys Forecasting AS</i><i>Tromsø, Norway</i></div>
<ul><li>Developed a nowcast of the aurora from five magnetometers, which 40,000 visitors a winter look at before they
put their boots on<li>Explored ways to tell clouds from aurora</ul>
<h2>Projects</h2>
<div class=e><span><b>Skyglow</b> | <i>Python, Flask, PostgreSQL</i></span><span>June 2020 – Present</span></div>
<ul><li>Developed a map of light pollution</ul>
<h2>Technical Skills</h2>
<p><b>Languages</b>: Python, Rust, SQL<br><b>Frameworks</b>: Flask, xarray<br><b>Developer Tools</b>: Git, Docker</p>"""

LATEX_OUTLINE = {
    "": "+44 7700 900123 | quist@example.org | quist.example",
    "Education › University of Tromsø, Tromsø, Norway, MSc in Space Physics, minor in Statistics": "University of"
    " Tromsø, Tromsø, Norway, MSc in Space Physics, minor in Statistics, Aug. 2014 – May 2016",
    "Education › Leeds College, Leeds, UK, BSc in Physics": "Leeds College, Leeds, UK, BSc in Physics, Aug. 2011 – May"
    " 2014",
    "Experience › Aurora Data Scientist, Polarlys Forecasting AS, Tromsø, Norway": "Aurora Data Scientist, Polarlys"
    " Forecasting AS, Tromsø, Norway, June 2019 – Present\n\n- Developed a nowcast of the aurora from five"
    " magnetometers, which 40,000 visitors a winter look at before they put their boots on\n"
    "- Explored ways to tell clouds from aurora",
    "Projects › Skyglow, Python, Flask, PostgreSQL": "Skyglow, Python, Flask, PostgreSQL, June 2020 – Present\n"
    "- Developed a map of light pollution",
    "Technical Skills": "Languages: Python, Rust, SQL\nFrameworks: Flask, xarray\nDeveloper Tools: Git, Docker",
}

DESIGNED = """<title>cv.html</title><style>
body{font:11pt Arial,sans-serif;margin:30px} h1{font-size:26pt;margin:0}
h2{font-size:10pt;letter-spacing:3px;text-transform:uppercase;border-bottom:1px solid #999;color:#555;font-weight:400}
.e{display:flex;justify-content:space-between} .g{display:grid;grid-template-columns:130px 1fr;gap:6px}
td{padding:4px 10px;vertical-align:middle} .t{display:inline-block;border:1px solid #ccc;padding:2px 6px;margin:2px}
</style><h1>Ramona Keilhack</h1><div>Product Designer for Hospital Software</div>
<div>Hamburg · ramona@example.org · +49 171 3920011</div>
<h2>About me</h2><p>I draw screens that people use with gloves on. Seven years in intensive care taught me what a bad
alarm costs, and since then I have been measuring alarms.</p>
<h2>Experience</h2><div class=e><b>Lead Product Designer</b><span>Jan 2021 – Present</span></div>
<div class=e><i>Vitalwerk GmbH</i><i>Hamburg</i></div><ul><li>Cut false alarms by 38 percent.<li>Leads five.</ul>
<h2>Education</h2><div class=g><span>2012 – 2016</span><div><b>BA Interaction Design</b><br>HAW Hamburg</div>
<span>2008 – 2011</span><div><b>State-certified Nurse</b><br>UKE Hamburg</div></div>
<h2>Skills</h2><table><tr><td><b>Design</b><td>Figma, Sketch, usability tests with gloves, prototyping in code, service
blueprints, motion, writing for interfaces, and alarms<tr><td><b>Research</b><td>Interviews, diary studies
<tr><td><b>Code</b><td>HTML, CSS, some Swift</table>
<h2>Strengths</h2><span class=t>Listening</span><span class=t>Drawing</span><span class=t>IEC 62366</span>
<h2>Languages</h2><p>German, English, Sign language</p>"""

DESIGNED_OUTLINE = {
    "": "Ramona Keilhack, Product Designer for Hospital Software\n\nHamburg · ramona@example.org · +49 171 3920011",
    "About Me": "I draw screens that people use with gloves on. Seven years in intensive care taught me what a bad"
    " alarm costs, and since then I have been measuring alarms.",
    "Experience › Lead Product Designer, Vitalwerk GmbH, Hamburg": "Lead Product Designer, Vitalwerk GmbH, Hamburg,"
    " Jan 2021 – Present\n- Cut false alarms by 38 percent.\n- Leads five.",
    "Education › BA Interaction Design, HAW Hamburg": "BA Interaction Design, HAW Hamburg, 2012 – 2016",
    "Education › State-certified Nurse, UKE Hamburg": "State-certified Nurse, UKE Hamburg, 2008 – 2011",
    "Skills": "Design: Figma, Sketch, usability tests with gloves, prototyping in code, service blueprints, motion,"
    " writing for interfaces, and alarms\nResearch: Interviews, diary studies\nCode: HTML, CSS, some Swift",
    "Strengths": "Listening, Drawing, IEC 62366",
    "Languages": "German, English, Sign language",
}

PAGES = [
    ("LaTeX", LATEX, "Bartholomew Quist", LATEX_OUTLINE),
    ("designed", DESIGNED, "Ramona Keilhack", DESIGNED_OUTLINE),
]

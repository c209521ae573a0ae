"""English names of countries by their ISO 3166-1 code, as far as résumés are likely to name them."""

COUNTRIES = dict(
    pair.split(" ", 1)
    for pair in """AE the United Arab Emirates;AF Afghanistan;AL Albania;AM Armenia;AO Angola;AR Argentina;AT Austria
AU Australia;AZ Azerbaijan;BA Bosnia and Herzegovina;BD Bangladesh;BE Belgium;BG Bulgaria;BH Bahrain;BO Bolivia
BR Brazil;BY Belarus;CA Canada;CD the Democratic Republic of the Congo;CH Switzerland;CI Côte d'Ivoire;CL Chile
CM Cameroon;CN China;CO Colombia;CR Costa Rica;CU Cuba;CY Cyprus;CZ Czechia;DE Germany;DK Denmark
DO the Dominican Republic;DZ Algeria;EC Ecuador;EE Estonia;EG Egypt;ES Spain;ET Ethiopia;FI Finland;FR France
GB the United Kingdom;GE Georgia;GH Ghana;GR Greece;GT Guatemala;HK Hong Kong;HN Honduras;HR Croatia;HU Hungary
ID Indonesia;IE Ireland;IL Israel;IN India;IQ Iraq;IR Iran;IS Iceland;IT Italy;JM Jamaica;JO Jordan;JP Japan;KE Kenya
KH Cambodia;KR South Korea;KW Kuwait;KZ Kazakhstan;LB Lebanon;LI Liechtenstein;LK Sri Lanka;LT Lithuania
LU Luxembourg;LV Latvia;MA Morocco;MD Moldova;ME Montenegro;MK North Macedonia;MM Myanmar;MN Mongolia;MT Malta
MX Mexico;MY Malaysia;MZ Mozambique;NA Namibia;NG Nigeria;NL the Netherlands;NO Norway;NP Nepal;NZ New Zealand;OM Oman
PA Panama;PE Peru;PH the Philippines;PK Pakistan;PL Poland;PR Puerto Rico;PS Palestine;PT Portugal;PY Paraguay;QA Qatar
RO Romania;RS Serbia;RU Russia;RW Rwanda;SA Saudi Arabia;SD Sudan;SE Sweden;SG Singapore;SI Slovenia;SK Slovakia
SN Senegal;SV El Salvador;SY Syria;TH Thailand;TN Tunisia;TR Türkiye;TW Taiwan;TZ Tanzania;UA Ukraine;UG Uganda
US the United States;UY Uruguay;UZ Uzbekistan;VE Venezuela;VN Vietnam;XK Kosovo;YE Yemen;ZA South Africa;ZM Zambia
ZW Zimbabwe""".replace("\n", ";").split(";")
)

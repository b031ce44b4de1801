"""The report: what a database holds as one page that needs nothing but a browser.

`blocks` is what a page is made of, `figures` are its charts as data, `run_sections` and
`origin_section` tell of the run itself, and `page` makes the file. A domain brings sections of its
own; nothing here knows of one.
"""

"""The admin panel at /admin/, for superusers: django-unfold over Django's admin.

All changes go through kb.library and kb.people, which enforce the rules and write the audit log. Django's own log, and
actions that would bypass those modules, are disabled.
"""

"""The admin panel at /admin/, for superusers: django-unfold over Django's admin.

Whatever it changes goes through kb.library and kb.people, which keep the rules and write the audit log; Django's own
log and its way around those modules are switched off.
"""

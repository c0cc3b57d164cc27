from django.urls import path

from kb.api import collections, documents, search

urlpatterns = [
    path("collections/", collections.Collections.as_view()),
    path("collections/<slug:id>/", collections.OneCollection.as_view()),
    path("collections/<slug:id>/documents/", documents.Documents.as_view()),
    path("documents/<slug:id>/", documents.OneDocument.as_view()),
    path("documents/<slug:id>/file/", documents.File.as_view()),
    path("documents/<slug:id>/retry/", documents.Retry.as_view()),
    path("documents/<slug:id>/text/", documents.Text.as_view()),
    path("documents/<slug:id>/passages/", documents.Passages.as_view()),
    path("search/", search.Search.as_view()),
]

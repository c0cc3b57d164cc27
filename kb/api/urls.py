from django.urls import path

from kb.api import collections, documents, generations, members, search, versions

urlpatterns = [
    path("collections/", collections.Collections.as_view()),
    path("collections/<slug:id>/", collections.OneCollection.as_view()),
    path("collections/<slug:id>/members/", members.Members.as_view()),
    path("collections/<slug:id>/members/<str:username>/", members.OneMember.as_view()),
    path("collections/<slug:id>/documents/", documents.Documents.as_view()),
    path("collections/<slug:id>/generations/", generations.Generations.as_view()),
    path("collections/<slug:id>/generations/<int:generation>/", generations.OneGeneration.as_view()),
    path("collections/<slug:id>/generations/<int:generation>/resume/", generations.Resume.as_view()),
    path("collections/<slug:id>/generations/<int:generation>/activate/", generations.Activate.as_view()),
    path("documents/<slug:id>/", documents.OneDocument.as_view()),
    path("documents/<slug:id>/retry/", documents.Retry.as_view()),
    path("documents/<slug:id>/parse/", documents.ParseAgain.as_view()),
    path("documents/<slug:id>/versions/", versions.Versions.as_view()),
    path("documents/<slug:id>/file/", versions.File.as_view()),
    path("documents/<slug:id>/text/", versions.Text.as_view()),
    path("documents/<slug:id>/passages/", versions.Passages.as_view()),
    path("search/", search.Search.as_view()),
    path("embeddings/", search.Embeddings.as_view()),
]

from django.urls import include, path

from kb.admin.site import site
from kb.api.openapi import Schema
from kb.views import (
    account,
    collections,
    documents,
    generations,
    health,
    members,
    metrics,
    passages,
    reading,
    search,
    tokens,
)
from kb.views.api_docs import api_docs

urlpatterns = [
    path("", collections.library, name="library"),
    path("search/", search.search, name="search"),
    path("sign-in/", account.SignIn.as_view(), name="login"),
    path("sign-out/", account.SignOut.as_view(), name="logout"),
    path("forgot-password/", account.ForgotPassword.as_view(), name="forgot-password"),
    path("forgot-password/sent/", account.PasswordLinkSent.as_view(), name="password-link-sent"),
    path("set-password/<uidb64>/<token>/", account.SetPassword.as_view(), name="password-set"),
    path("account/", account.account, name="account"),
    path("account/password/", account.ChangePassword.as_view(), name="change-password"),
    path("account/tokens/new/", tokens.new, name="token-new"),
    path("account/tokens/<int:id>/revoke/", tokens.revoke, name="token-revoke"),
    path("collections/new/", collections.new, name="collection-new"),
    path("collections/<slug:id>/", collections.collection, name="collection"),
    path("collections/<slug:id>/edit/", collections.edit, name="collection-edit"),
    path("collections/<slug:id>/remove/", collections.remove, name="collection-remove"),
    path("collections/<slug:id>/members/", members.members, name="members"),
    path("collections/<slug:id>/members/<int:member>/", members.change, name="member-change"),
    path("collections/<slug:id>/index/", generations.index, name="collection-index"),
    path("collections/<slug:id>/index/compare/", generations.compare, name="index-compare"),
    path("collections/<slug:id>/index/<int:generation>/pause/", generations.pause, name="index-pause"),
    path("collections/<slug:id>/index/<int:generation>/resume/", generations.resume, name="index-resume"),
    path("collections/<slug:id>/index/<int:generation>/activate/", generations.activate, name="index-activate"),
    path("collections/<slug:id>/index/<int:generation>/drop/", generations.drop, name="index-drop"),
    path("collections/<slug:id>/upload/", documents.upload, name="upload"),
    path("collections/<slug:id>/progress/", documents.progress, name="progress"),
    path("collections/<slug:id>/retry/", documents.retry_failed, name="retry-failed"),
    path("documents/<slug:id>/", reading.document, name="document"),
    path("documents/<slug:id>/pages/<int:number>/", reading.page, name="document-page"),
    path("documents/<slug:id>/pages/<int:number>/picture/", reading.picture, name="page-picture"),
    path("documents/<slug:id>/passages/", passages.passages, name="document-passages"),
    path("documents/<slug:id>/file/", documents.file, name="document-file"),
    path("documents/<slug:id>/retry/", documents.retry, name="document-retry"),
    path("documents/<slug:id>/remove/", documents.remove, name="document-remove"),
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
    path("api/v1/", include("kb.api.urls")),
    path("api/schema/", Schema.as_view(), name="schema"),
    path("api/docs/", api_docs, name="api-docs"),
    path("admin/", site.urls),
]

handler400 = "kb.views.errors.bad_request"
handler403 = "kb.views.errors.forbidden"
handler404 = "kb.views.errors.not_found"
handler500 = "kb.views.errors.server_error"

"""Every address of the product, and which package answers it."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from incidentops import health, metrics
from incidentops.views import accounts, errors, livebar, palette
from incidents.api.views import NothingHere

admin.autodiscover()
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("", include("incidents.urls")),
    path("", include("statuspage.urls")),
    path("palette/", palette.options, name="palette"),
    path("search/", palette.search, name="search"),
    path("livebar/", livebar.livebar, name="livebar"),
    path("accounts/", accounts.account, name="account"),
    path("accounts/link/<str:token>/", accounts.link, name="sign_in_link"),
    path("accounts/setup/<str:token>/", accounts.set_up, name="set_up"),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("messages/", include("notifications.urls")),
    path("hooks/", include("notifications.hooks_urls")),
    path("in/", include("incidents.api.inlet_urls")),
    path("api/v1/", include("incidents.api.urls")),
    path("api/v1/", include("statuspage.api.urls")),
    re_path(r"^api/v1/.*/$", NothingHere.as_view(), name="nothing_here"),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="api_docs"),
    path("healthz", health.alive, name="alive"),
    path("readyz", health.ready, name="ready"),
    path("metrics", metrics.show, name="metrics"),
]

handler400 = errors.bad_request
handler403 = errors.permission_denied
handler404 = errors.not_found
handler500 = errors.server_error

"""Addresses of the public pages and of the people who run them."""

from django.urls import path

from statuspage.views import consoles, helpful, public, report, subscribe

app_name = "statuspage"

urlpatterns = [
    path("s/<slug:slug>/subscribe/", subscribe.subscribe, name="subscribe"),
    path("s/<slug:slug>/report/", report.report, name="report"),
    path("s/<slug:slug>/helpful/<slug:public_id>/", helpful.helpful, name="helpful"),
    path("s/<slug:slug>/confirm/<str:token>/", subscribe.confirm, name="confirm"),
    path("s/<slug:slug>/manage/<str:token>/", subscribe.manage, name="manage"),
    path("s/<slug:slug>/unsubscribe/<str:token>/", subscribe.unsubscribe, name="unsubscribe"),
    path("s/<slug:slug>/api/v2/subscribers.json", subscribe.subscribers_json, name="subscribers_json"),
    path("s/<slug:slug>/incidents/<slug:public_id>/", public.incident, name="public_incident"),
    path("s/<slug:slug>/brand.css", public.brand, name="brand"),
    path("s/<slug:slug>/", public.published, name="public_page"),
    path("s/<slug:slug>/<path:path>", public.published, name="published"),
    path("pages/", consoles.pages, name="pages"),
    path("pages/<slug:slug>/", consoles.page, name="page"),
    path("pages/<slug:slug>/panel/", consoles.panel, name="panel"),
    path("pages/<slug:slug>/publish/", consoles.publish, name="publish"),
    path("pages/<slug:slug>/components/<slug:component>/", consoles.component, name="component"),
]

"""Addresses of `/api/v1/` as far as incidents go; those of pages are in statuspage."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []

from django.apps import AppConfig


class IncidentOpsConfig(AppConfig):
    name = "incidentops"

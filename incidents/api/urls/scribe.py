"""Addresses of `/api/v1/`: tasks, gaps, the report."""

from django.urls import URLPattern, path

from incidents.api import tasks

urlpatterns: list[URLPattern] = [
    path("tasks/", tasks.OwnTasks.as_view(), name="own_tasks"),
    path("incidents/<str:key>/tasks/", tasks.Tasks.as_view(), name="tasks"),
    path("incidents/<str:key>/tasks/<int:pk>/", tasks.OneTask.as_view(), name="task"),
    path("incidents/<str:key>/tasks/<int:pk>/acknowledge/", tasks.AcknowledgeTask.as_view(), name="task_acknowledge"),
    path("incidents/<str:key>/quick/", tasks.Quick.as_view(), name="quick"),
    path("incidents/<str:key>/gaps/", tasks.Gaps.as_view(), name="gaps"),
    path("incidents/<str:key>/report/", tasks.RunningReport.as_view(), name="report"),
]

"""Addresses of pages: the scribe's line, the report, tasks."""

from django.urls import URLPattern, path

from incidents.views import my_tasks, quick, report, tasks

urlpatterns: list[URLPattern] = [
    path("tasks/", my_tasks.mine, name="my_tasks"),
    path("tasks/<str:token>/", tasks.answer, name="task_link"),
    path("incidents/<str:key>/tasks/", tasks.board, name="tasks"),
    path("incidents/<str:key>/tasks/<int:task_id>/", tasks.task, name="task"),
    path("incidents/<str:key>/tasks/<int:task_id>/step/", tasks.step, name="task_step"),
    path("incidents/<str:key>/tasks/<int:task_id>/back/<slug:state>/", tasks.back, name="task_back"),
    path("incidents/<str:key>/quick/", quick.write, name="quick"),
    path("incidents/<str:key>/report/", report.report, name="report"),
]

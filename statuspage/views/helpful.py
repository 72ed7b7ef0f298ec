""" "Did this help?" below an update of a page: a form without a cookie, and a word of thanks."""

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods

from incidents.communication.feedback import LONGEST_WORDS
from statuspage import helpfulness
from statuspage.models import PublicUpdate, StatusPage
from statuspage.views.frame import asker, frame
from statuspage.views.subscribe import for_everybody


class HelpedForm(forms.Form):
    """Yes or no, and room for words. `website` is seen by robots only."""

    helped = forms.ChoiceField(choices=[("yes", "Yes"), ("no", "No")], widget=forms.RadioSelect)
    words = forms.CharField(max_length=LONGEST_WORDS, required=False, widget=forms.Textarea(attrs={"rows": 3}))
    website = forms.CharField(required=False, widget=forms.HiddenInput)


@for_everybody
@require_http_methods(["GET", "HEAD", "POST"])
def helpful(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """The question, and what a visitor answers; again changes the answer."""
    page = get_object_or_404(StatusPage, slug=slug)
    said = get_object_or_404(
        PublicUpdate.objects.select_related("public_incident", "update__incident"),
        public_id=public_id,
        public_incident__page=page,
    )
    if not page.asks_feedback:
        raise Http404
    form = HelpedForm(request.POST if request.method == "POST" else None)
    context = {**frame(page), "said": said, "told": said.public_incident}
    if request.method != "POST" or not form.is_valid():
        status = 400 if request.method == "POST" else 200
        return render(request, "statuspage/public/helpful.html", {**context, "form": form}, status=status)
    given = form.cleaned_data
    if not given["website"]:
        try:
            helpfulness.say(
                said,
                network=asker(request),
                agent=request.headers.get("User-Agent", ""),
                helped=given["helped"] == "yes",
                words=given["words"],
            )
        except helpfulness.SaidTooOften as problem:
            form.add_error(None, problem)
            return render(request, "statuspage/public/helpful.html", {**context, "form": form}, status=429)
    return render(request, "statuspage/public/helpful.html", {**context, "form": form, "given": given["helped"]})

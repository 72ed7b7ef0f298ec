"""Pages over the API: what each holds, the status of a component, a publishing asked for.

Who may see a page gets it, to all others it is 404; what they may do there is the work functions' to say.
"""

from abc import ABC, abstractmethod

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.api.strict import StrictSerializer
from incidents.api.templates import MessageTemplateSerializer
from incidents.api.views import ApiView
from incidents.communication import phrases
from incidents.models import MessageTemplate, PublicImpact, PublicStatus
from notifications import addresses
from roles.policy import authorize
from statuspage import component_status, pages
from statuspage.models import Component, ComponentGroup, ComponentStatus, StatusPage, Subscriber


class PageSerializer(serializers.ModelSerializer):
    """A status page and how current its published generation is."""

    url = serializers.CharField(read_only=True)
    is_stale = serializers.BooleanField(read_only=True)

    class Meta:
        model = StatusPage
        fields = (
            "slug",
            "name",
            "url",
            "site_url",
            "description",
            "time_zone",
            "publishes_moves",
            "publish_without_approval",
            "is_sandbox",
            "is_stale",
            "wanted_version",
            "published_version",
            "published_at",
            "trouble",
        )
        read_only_fields = fields


class ComponentSerializer(serializers.ModelSerializer):
    """A component as the public sees it; `id` is its public one."""

    id = serializers.CharField(source="public_id", read_only=True)
    group: serializers.SlugRelatedField[ComponentGroup] = serializers.SlugRelatedField(
        slug_field="slug", read_only=True, allow_null=True
    )

    class Meta:
        model = Component
        fields = ("id", "slug", "name", "description", "status", "group", "position", "shows_uptime", "updated_at")
        read_only_fields = fields


class StatusSerializer(StrictSerializer):
    """The new status of a component."""

    status = serializers.ChoiceField(ComponentStatus.choices)


class GroupSerializer(serializers.ModelSerializer):
    """A group of components."""

    id = serializers.CharField(source="public_id", read_only=True)

    class Meta:
        model = ComponentGroup
        fields = ("id", "slug", "name", "position", "is_open")
        read_only_fields = fields


class PageTextSerializer(StrictSerializer):
    """A template of the page's own, to be made."""

    name = serializers.CharField(max_length=100)
    phase = serializers.ChoiceField(PublicStatus.choices, allow_blank=True, default="")
    impact = serializers.ChoiceField(PublicImpact.choices, allow_blank=True, default="")
    language = serializers.CharField(max_length=12, default="en", help_text="BCP 47: en, de, pt-br.")
    title = serializers.CharField(max_length=200, allow_blank=True, default="")
    body = serializers.CharField(max_length=phrases.LONGEST_BODY)
    is_approved = serializers.BooleanField(default=True)
    is_holding = serializers.BooleanField(default=False)


class SubscriberSerializer(serializers.ModelSerializer):
    """Somebody who is told. The address is masked: enough to recognise it, not enough to use it."""

    id = serializers.CharField(source="public_id", read_only=True)
    address = serializers.SerializerMethodField()
    state = serializers.SerializerMethodField()

    class Meta:
        model = Subscriber
        fields = ("id", "channel", "address", "amount", "state", "source", "created_at")
        read_only_fields = fields

    def get_address(self, subscriber: Subscriber) -> str:
        return addresses.masked(subscriber.channel, subscriber.address)

    def get_state(self, subscriber: Subscriber) -> str:
        if subscriber.unsubscribed_at is not None:
            return "unsubscribed"
        return "confirmed" if subscriber.confirmed_at is not None else "pending"


class PageView(ApiView):
    """What is about one page that the caller may see."""

    #: The right that reading needs beside seeing the page.
    reading = "statuspage.view_statuspage"

    def find(self) -> StatusPage:
        """The page of the address; 404 where the caller may not know of it."""
        return get_object_or_404(StatusPage.objects.visible_to(self.caller), slug=self.kwargs["slug"])


class PageList(PageView, ABC):
    """A list of what one page has."""

    @abstractmethod
    def rows(self, page: StatusPage) -> QuerySet:
        """What the list shows."""

    def listed(self) -> Response:
        """The list, fifty at a time."""
        page = self.find()
        authorize(self.caller, self.reading, page)
        return self.page_of(self.rows(page), self.get_serializer_class())


class Pages(ApiView):
    serializer_class = PageSerializer

    @extend_schema(operation_id="pages_list", responses=PageSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Status pages."""
        return self.page_of(StatusPage.objects.visible_to(self.caller), PageSerializer)


class OnePage(PageView):
    serializer_class = PageSerializer

    @extend_schema(operation_id="pages_retrieve", responses=PageSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """One status page."""
        return Response(self.get_serializer(self.find()).data)


class Publish(PageView):
    serializer_class = PageSerializer

    @extend_schema(operation_id="pages_publish", request=None, responses=PageSerializer)
    def post(self, request: Request, slug: str) -> Response:
        """Publish a page anew."""
        page = pages.request_publish(self.find(), by=self.caller)
        page.refresh_from_db()
        return Response(self.get_serializer(page).data)


class Components(PageList):
    serializer_class = ComponentSerializer
    newest = ("position", "pk")

    def rows(self, page: StatusPage) -> QuerySet[Component]:
        return page.components.select_related("group")

    @extend_schema(operation_id="pages_components_list", responses=ComponentSerializer(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """Components of a page, in its order."""
        return self.listed()


class OneComponent(PageView):
    serializer_class = ComponentSerializer

    @extend_schema(operation_id="pages_components_update", request=StatusSerializer, responses=ComponentSerializer)
    def patch(self, request: Request, slug: str, component: str) -> Response:
        """Set the status of a component."""
        page = self.find()
        row = get_object_or_404(Component.objects.select_related("page", "group"), page=page, slug=component)
        wanted = self.read(StatusSerializer)
        component_status.set_status(row, str(wanted["status"]), by=self.caller)
        row.refresh_from_db()
        return Response(self.get_serializer(row).data)


class Groups(PageList):
    serializer_class = GroupSerializer
    newest = ("position", "pk")

    def rows(self, page: StatusPage) -> QuerySet[ComponentGroup]:
        return page.groups.all()

    @extend_schema(operation_id="pages_groups_list", responses=GroupSerializer(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """Groups of components, in the page's order."""
        return self.listed()


class Templates(PageList):
    serializer_class = MessageTemplateSerializer

    def rows(self, page: StatusPage) -> QuerySet[MessageTemplate]:
        return MessageTemplate.objects.filter(page=page.slug, is_active=True)

    @extend_schema(operation_id="pages_templates_list", responses=MessageTemplateSerializer(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """Templates of the page's own; those for all pages are `message-templates/`."""
        return self.listed()

    @extend_schema(
        operation_id="pages_templates_add", request=PageTextSerializer, responses={201: MessageTemplateSerializer}
    )
    def post(self, request: Request, slug: str) -> Response:
        """Makes a template of the page's own."""
        made = pages.write_text(self.find(), by=self.caller, **self.read(PageTextSerializer))
        return Response(self.get_serializer(made).data, status=201)


class Subscribers(PageList):
    serializer_class = SubscriberSerializer
    reading = "statuspage.manage_subscribers"

    def rows(self, page: StatusPage) -> QuerySet[Subscriber]:
        return page.subscribers.all()

    @extend_schema(operation_id="pages_subscribers_list", responses=SubscriberSerializer(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """Subscribers of a page, addresses masked."""
        return self.listed()

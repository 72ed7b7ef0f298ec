"""The 35 duties of the seven roles, as data: which role, what it is called, and what it asks."""

from dataclasses import dataclass

from roles.catalog import Role


@dataclass(frozen=True)
class Duty:
    role: Role
    word: str
    title: str
    asks: str


DUTIES: tuple[Duty, ...] = (
    Duty(
        Role.COMMANDER,
        "Lead",
        "Leadership",
        "Hold command: every needed role filled, everybody knows what happens next.",
    ),
    Duty(
        Role.COMMANDER, "Decide", "Decision-making", "Decide in time and aloud, with the reason and what was ruled out."
    ),
    Duty(
        Role.COMMANDER,
        "Allocate",
        "Resource allocation",
        "Put people on work by skill and load; no task without an owner.",
    ),
    Duty(Role.COMMANDER, "Align", "Stakeholder updates", "Approve what is said and keep the promised times."),
    Duty(
        Role.COMMANDER,
        "Debrief",
        "Post-incident review",
        "See to it that the incident is reviewed before it is closed.",
    ),
    Duty(Role.COMMS_LEAD, "Notify", "Stakeholder notifications", "Tell each audience in time, in one wording."),
    Duty(Role.COMMS_LEAD, "Page content", "Status page content", "Draft what the page says and keep it true."),
    Duty(Role.COMMS_LEAD, "Consistency", "Message consistency", "No text contradicts another, or the facts."),
    Duty(Role.COMMS_LEAD, "Team link", "Team communication", "Carry questions to the team and answers back."),
    Duty(
        Role.COMMS_LEAD, "Follow-up", "Post-incident communication", "Publish what was learned to those who were told."
    ),
    Duty(Role.TECH_LEAD, "Diagnose", "Issue diagnosis", "Find what broke: hypotheses, evidence, recent changes."),
    Duty(Role.TECH_LEAD, "Fix", "Solution implementation", "Choose, clear and run the action that restores service."),
    Duty(Role.TECH_LEAD, "Coordinate", "Technical coordination", "Lead the experts' work and report its state."),
    Duty(Role.TECH_LEAD, "Verify", "Monitoring and testing", "Prove that it works before anyone says so."),
    Duty(Role.TECH_LEAD, "Explain", "Documentation support", "Write down cause and fix for the review."),
    Duty(Role.SME, "Analyse", "Expert analysis", "Say what the system shows, and how sure you are."),
    Duty(Role.SME, "Advise", "Guidance and support", "Answer what the Technical Lead asks, in time."),
    Duty(Role.SME, "Troubleshoot", "Specialised troubleshooting", "Work the runbook of what you own."),
    Duty(Role.SME, "Contribute", "Documentation contribution", "Write your part of the review."),
    Duty(Role.SME, "Teach", "Knowledge sharing", "Leave others able to do it next time."),
    Duty(Role.SCRIBE, "Log", "Incident logging", "Write down what happened, when, and by whom."),
    Duty(Role.SCRIBE, "Track actions", "Action tracking", "No action without owner and time; none forgotten."),
    Duty(Role.SCRIBE, "Keep current", "Real-time updates", "Keep 'where we are' true for whoever joins."),
    Duty(Role.SCRIBE, "Report", "Post-incident reporting", "Compile the report from the log."),
    Duty(Role.SCRIBE, "Knowledge", "Knowledge base contribution", "Turn what was learned into an article."),
    Duty(
        Role.SUPPORT_LIAISON,
        "Inquiries",
        "Customer inquiry management",
        "Gather what customers report and answer with the approved text.",
    ),
    Duty(Role.SUPPORT_LIAISON, "Brief frontline", "Support team coordination", "Tell support what may be said, now."),
    Duty(Role.SUPPORT_LIAISON, "Escalate", "Escalation handling", "Bring customers that cannot wait to who can help."),
    Duty(Role.SUPPORT_LIAISON, "Feedback", "Feedback collection", "Collect what customers say about us."),
    Duty(Role.SUPPORT_LIAISON, "Follow-up", "Post-incident communication", "Everyone who reported hears from us."),
    Duty(Role.STATUS_PAGE_MANAGER, "Page", "Status page creation", "Keep page and components as customers know them."),
    Duty(Role.STATUS_PAGE_MANAGER, "Updates", "Incident updates", "Publish what is approved, at once."),
    Duty(
        Role.STATUS_PAGE_MANAGER,
        "Subscribers",
        "Subscriber management",
        "Those who asked are told; those who left are not.",
    ),
    Duty(
        Role.STATUS_PAGE_MANAGER, "Monitors", "Monitoring integration", "Component states agree with what monitors see."
    ),
    Duty(
        Role.STATUS_PAGE_MANAGER,
        "Maintenance",
        "Maintenance scheduling",
        "Planned work is announced and does not collide.",
    ),
)


def duties_of(role: str) -> tuple[Duty, ...]:
    """The five duties of one role, in their order."""
    return tuple(duty for duty in DUTIES if duty.role == role)

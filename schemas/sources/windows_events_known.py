"""What Windows event ids mean: the table behind windows_meaning.py.

Knows:   provider and id → kind of row, name, wording, and which parameters hold the service, the state before and after.
Ignores: how events are exported.  Ids not listed are log lines of their provider.
Source:  Microsoft Learn, "Service Control Manager events", "Windows Update", "User32", Kernel-Power, EventLog, MsiInstaller, WAS,
         FailoverClustering, Security auditing; the message tables of netevent.dll, user32.dll and msi.dll.

Wording uses {1} … {9} and {Name} for parameters; an empty parameter leaves an empty place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from schemas.severity import ERROR, INFO, UNSPECIFIED, WARN
from schemas.signal import Kind, Status


@dataclass(frozen=True, slots=True)
class Meaning:
    kind: Kind
    name: str
    wording: str = ""
    service: tuple[str | int, ...] = ()
    """Parameters that name the Windows service the event is about, best first."""
    status: Status | None = None
    outcome: str = ""
    before: tuple[str | int, ...] = ()
    after: tuple[str | int, ...] = ()
    change: tuple[str | int, ...] = ()
    """Parameters that hold the change's own id."""
    person: tuple[str | int, ...] = ()
    """Parameters that hold an account's name."""
    floor: int = UNSPECIFIED
    """Severity the event has at least, where Windows writes it as mere information."""


def _service(name: str, wording: str, service: int = 1, **more: object) -> Meaning:
    return Meaning(Kind.STATE, name, wording, (service,), Status.FIRING, **more)  # type: ignore[arg-type]


_STATE, _CHANGE, _METRIC = Kind.STATE, Kind.CHANGE, Kind.METRIC
_UPDATE: Final = ("updateGuid", 2)
_MSI: Final = ("param1",)

KNOWN: Final[dict[tuple[str, int], Meaning]] = {
    ("service control manager", 7000): _service("service.failed", "The {1} service failed to start due to the following error: {2}"),
    ("service control manager", 7001): _service("service.failed", "The {1} service depends on the {2} service which failed to start because of the following error: {3}"),
    ("service control manager", 7002): _service("service.failed", "The {1} service depends on the {2} group and no member of this group started."),
    ("service control manager", 7003): _service("service.failed", "The {1} service depends on the following service: {2}. This service might not be installed."),
    ("service control manager", 7005): Meaning(_STATE, "service.failed", "The {1} call failed with the following error: {2}"),
    ("service control manager", 7009): _service("service.timeout", "A timeout was reached ({1} milliseconds) while waiting for the {2} service to connect.", 2),
    ("service control manager", 7011): _service("service.timeout", "A timeout ({1} milliseconds) was reached while waiting for a transaction response from the {2} service.", 2),
    ("service control manager", 7016): _service("service.failed", "The {1} service has reported an invalid current state {2}."),
    ("service control manager", 7022): _service("service.failed", "The {1} service hung on starting."),
    ("service control manager", 7023): _service("service.failed", "The {1} service terminated with the following error: {2}"),
    ("service control manager", 7024): _service("service.failed", "The {1} service terminated with the following service-specific error: {2}"),
    ("service control manager", 7026): Meaning(_STATE, "driver.failed", "The following boot-start or system-start driver(s) did not load: {1}"),
    ("service control manager", 7031): _service("service.failed", "The {1} service terminated unexpectedly. It has done this {2} time(s). The following corrective action will be taken in {3} milliseconds: {5}"),
    ("service control manager", 7032): _service("service.failed", "The Service Control Manager tried to take a corrective action ({2}) after the unexpected termination of the {3} service, but this action failed: {4}", 3),
    ("service control manager", 7034): _service("service.failed", "The {1} service terminated unexpectedly. It has done this {2} time(s)."),
    ("service control manager", 7035): Meaning(_CHANGE, "service.control", "The {1} service was successfully sent a {2} control.", (1,), after=(2,), outcome="succeeded"),
    ("service control manager", 7036): Meaning(_STATE, "service.state", "The {1} service entered the {2} state.", (1,)),
    ("service control manager", 7038): _service("service.failed", "The {1} service was unable to log on: {3}", person=(2,)),
    ("service control manager", 7040): Meaning(_CHANGE, "service.start_type_changed", "The start type of the {1} service was changed from {2} to {3}.", (4, 1), before=(2,), after=(3,), outcome="succeeded"),
    ("service control manager", 7041): _service("service.failed", "The {1} service was unable to log on: it lacks the right to log on as a service.", person=(2,)),
    ("service control manager", 7042): Meaning(_CHANGE, "service.control", "The {1} service was successfully sent a {2} control. The reason specified was: {3}", (1,), after=(2,), outcome="succeeded"),
    ("service control manager", 7043): _service("service.failed", "The {1} service did not shut down properly after receiving a preshutdown control."),
    ("service control manager", 7045): Meaning(_CHANGE, "service.installed", "A service was installed in the system. Service name: {ServiceName}{1}. File: {ImagePath}{2}. Type: {ServiceType}{3}. Start: {StartType}{4}", ("ServiceName", 1), after=("StartType", 4), outcome="succeeded", person=("AccountName", 5)),
    ("eventlog", 6005): Meaning(_STATE, "host.boot", "The Event log service was started.", floor=INFO),
    ("eventlog", 6006): Meaning(_STATE, "host.shutdown", "The Event log service was stopped.", floor=INFO),
    ("eventlog", 6008): Meaning(_STATE, "host.unexpected_shutdown", "The previous system shutdown at {1} on {2} was unexpected.", floor=ERROR),
    ("eventlog", 6009): Meaning(_STATE, "host.boot", "Operating system at boot: {1} {2} {3} {4}", floor=INFO),
    ("eventlog", 6011): Meaning(_CHANGE, "host.renamed", "The NetBIOS name and DNS host name of this machine have been changed from {1} to {2}.", before=(1,), after=(2,), outcome="succeeded"),
    ("eventlog", 6013): Meaning(_METRIC, "system.uptime", "The system uptime is {5} seconds.", floor=INFO),
    ("eventlog", 104): Meaning(_CHANGE, "log.cleared", "The {Channel} log file was cleared.", outcome="succeeded", person=("SubjectUserName",)),
    ("eventlog", 1102): Meaning(_CHANGE, "log.cleared", "The audit log was cleared.", outcome="succeeded", person=("SubjectUserName",)),
    ("kernel-power", 41): Meaning(_STATE, "host.unexpected_shutdown", "The system has rebooted without cleanly shutting down first. BugcheckCode {BugcheckCode}, PowerButtonTimestamp {PowerButtonTimestamp}", floor=ERROR),
    ("kernel-power", 42): Meaning(_STATE, "host.sleep", "The system is entering sleep. Reason {Reason}", floor=INFO),
    ("kernel-power", 107): Meaning(_STATE, "host.resume", "The system has resumed from sleep.", floor=INFO),
    ("kernel-power", 109): Meaning(_STATE, "host.shutdown", "The kernel power manager has initiated a shutdown transition. Action {ShutdownActionType}, reason {ShutdownReason}", floor=INFO),
    ("kernel-general", 1): Meaning(_CHANGE, "host.time_changed", "The system time has changed to {NewTime} from {OldTime}.", before=("OldTime",), after=("NewTime",), outcome="succeeded"),
    ("kernel-general", 12): Meaning(_STATE, "host.boot", "The operating system started at system time {StartTime}.", floor=INFO),
    ("kernel-general", 13): Meaning(_STATE, "host.shutdown", "The operating system is shutting down at system time {StopTime}.", floor=INFO),
    ("user32", 1074): Meaning(_CHANGE, "host.restart", "The process {1} has initiated the {5} of computer {2}. Reason: {3} ({4}). {6}", after=(5,), outcome="started", person=(7,)),
    ("user32", 1075): Meaning(_CHANGE, "host.restart", "The shutdown of computer {1} has been aborted.", outcome="cancelled", person=(2, 7)),
    ("user32", 1076): Meaning(_STATE, "host.unexpected_shutdown", "The reason given for the last unexpected shutdown of this computer is: {1} ({2}). {5}", person=(6, 7), floor=WARN),
    ("wer-systemerrorreporting", 1001): Meaning(_STATE, "host.unexpected_shutdown", "The computer has rebooted from a bugcheck. The bugcheck was: {1}.", floor=ERROR),
    ("bugcheck", 1001): Meaning(_STATE, "host.unexpected_shutdown", "The computer has rebooted from a bugcheck. The bugcheck was: {1}.", floor=ERROR),
    ("windowsupdateclient", 19): Meaning(_CHANGE, "update.installed", "Installation successful: Windows successfully installed the following update: {updateTitle}{1}", outcome="succeeded", change=_UPDATE),
    ("windowsupdateclient", 20): Meaning(_CHANGE, "update.installed", "Installation failure: Windows failed to install the following update with error {errorCode}{1}: {updateTitle}{2}", outcome="failed", change=("updateGuid", 3)),
    ("windowsupdateclient", 21): Meaning(_CHANGE, "update.installed", "Restart required: to complete the installation of the following updates, the computer must be restarted: {updatelist}{1}", outcome="started", change=_UPDATE),
    ("windowsupdateclient", 43): Meaning(_CHANGE, "update.installed", "Installation started: Windows has started installing the following update: {updateTitle}{1}", outcome="started", change=_UPDATE),
    ("windowsupdateclient", 44): Meaning(_CHANGE, "update.downloaded", "Windows Update started downloading an update: {updateTitle}{1}", outcome="started", change=_UPDATE),
    ("windowsupdateclient", 41): Meaning(_CHANGE, "update.downloaded", "An update was downloaded: {updateTitle}{1}", outcome="succeeded", change=_UPDATE),
    ("windowsupdateclient", 31): Meaning(_CHANGE, "update.downloaded", "Windows Update failed to download an update: {updateTitle}{1}", outcome="failed", change=_UPDATE),
    ("servicing", 1): Meaning(_CHANGE, "package.changed", "Initiating changes for package {PackageIdentifier}. Current state is {InitialPackageStateTextized}. Target state is {IntendedPackageStateTextized}.", before=("InitialPackageStateTextized",), after=("IntendedPackageStateTextized",), outcome="started"),
    ("servicing", 2): Meaning(_CHANGE, "package.changed", "Package {PackageIdentifier} was successfully changed to the {IntendedPackageStateTextized} state.", after=("IntendedPackageStateTextized",), outcome="succeeded"),
    ("servicing", 3): Meaning(_CHANGE, "package.changed", "Package {PackageIdentifier} failed to be changed to the {IntendedPackageStateTextized} state. Status: {ErrorCode}.", after=("IntendedPackageStateTextized",), outcome="failed"),
    ("servicing", 4): Meaning(_CHANGE, "package.changed", "A reboot is necessary before package {PackageIdentifier} can be changed to the {IntendedPackageStateTextized} state.", after=("IntendedPackageStateTextized",), outcome="started"),
    ("msiinstaller", 1022): Meaning(_CHANGE, "package.changed", "Product: {1} - Update {2} was successfully installed.", outcome="succeeded", change=_MSI),
    ("msiinstaller", 1033): Meaning(_CHANGE, "package.installed", "Windows Installer installed the product. Product Name: {1}. Product Version: {2}. Status: {4}", after=(2,), change=_MSI),
    ("msiinstaller", 1034): Meaning(_CHANGE, "package.removed", "Windows Installer removed the product. Product Name: {1}. Product Version: {2}. Status: {4}", before=(2,), change=_MSI),
    ("msiinstaller", 1035): Meaning(_CHANGE, "package.changed", "Windows Installer reconfigured the product. Product Name: {1}. Product Version: {2}. Status: {4}", after=(2,), change=_MSI),
    ("msiinstaller", 1036): Meaning(_CHANGE, "package.changed", "Windows Installer installed an update. Product Name: {1}. Product Version: {2}. Update Name: {4}.", after=(2,), change=_MSI),
    ("msiinstaller", 11707): Meaning(_CHANGE, "package.installed", "{1}", outcome="succeeded"),
    ("msiinstaller", 11708): Meaning(_CHANGE, "package.installed", "{1}", outcome="failed"),
    ("msiinstaller", 11724): Meaning(_CHANGE, "package.removed", "{1}", outcome="succeeded"),
    ("msiinstaller", 11725): Meaning(_CHANGE, "package.removed", "{1}", outcome="failed"),
    ("msiinstaller", 11728): Meaning(_CHANGE, "package.changed", "{1}", outcome="succeeded"),
    ("msiinstaller", 11729): Meaning(_CHANGE, "package.changed", "{1}", outcome="failed"),
    ("application error", 1000): Meaning(_STATE, "process.crashed", "Faulting application name: {AppName}{1}, version: {AppVersion}{2}. Faulting module name: {ModuleName}{4}, version: {ModuleVersion}{5}. Exception code: {ExceptionCode}{7}", floor=ERROR),
    ("application hang", 1002): Meaning(_STATE, "process.hung", "The program {1} version {2} stopped interacting with Windows and was closed.", floor=ERROR),
    (".net runtime", 1023): Meaning(_STATE, "process.crashed", "{1}", floor=ERROR),
    (".net runtime", 1025): Meaning(_STATE, "process.crashed", "{1}", floor=ERROR),
    (".net runtime", 1026): Meaning(_STATE, "process.crashed", "{1}", floor=ERROR),
    ("resource-exhaustion-detector", 2004): Meaning(_STATE, "host.memory_exhausted", "Windows successfully diagnosed a low virtual memory condition. The following programs consumed the most virtual memory: {Name}", floor=WARN),
    ("was", 5002): Meaning(_STATE, "app_pool.disabled", "Application pool '{AppPoolID}' is being automatically disabled due to a series of failures in the process(es) serving it.", ("AppPoolID",), Status.FIRING, floor=ERROR),
    ("was", 5009): Meaning(_STATE, "app_pool.failed", "A process serving application pool '{AppPoolID}' terminated unexpectedly. Exit code {ExitCode}", ("AppPoolID",)),
    ("was", 5010): Meaning(_STATE, "app_pool.failed", "A process serving application pool '{AppPoolID}' failed to respond to a ping.", ("AppPoolID",)),
    ("was", 5011): Meaning(_STATE, "app_pool.failed", "A process serving application pool '{AppPoolID}' suffered a fatal communication error.", ("AppPoolID",)),
    ("failoverclustering", 1069): Meaning(_STATE, "cluster.resource_failed", "Cluster resource '{ResourceName}' of type '{ResTypeDll}' in clustered role '{ResourceGroup}' failed.", ("ResourceName",), Status.FIRING, floor=ERROR),
    ("failoverclustering", 1135): Meaning(_STATE, "cluster.node_removed", "Cluster node '{NodeName}' was removed from the active failover cluster membership.", floor=ERROR),
    ("failoverclustering", 1177): Meaning(_STATE, "cluster.quorum_lost", "The Cluster service is shutting down because quorum was lost.", floor=ERROR),
    ("failoverclustering", 1641): Meaning(_CHANGE, "cluster.failover", "Clustered role '{ResourceGroup}' is moving to cluster node '{NodeName}'.", after=("NodeName",), outcome="started"),
    ("security-auditing", 4616): Meaning(_CHANGE, "host.time_changed", "The system time was changed.", before=("PreviousTime",), after=("NewTime",), outcome="succeeded", person=("SubjectUserName",)),
    ("security-auditing", 4697): Meaning(_CHANGE, "service.installed", "A service was installed in the system. Service name: {ServiceName}. File: {ServiceFileName}", ("ServiceName",), outcome="succeeded", person=("SubjectUserName",)),
    ("security-auditing", 4719): Meaning(_CHANGE, "audit_policy.changed", "System audit policy was changed.", outcome="succeeded", person=("SubjectUserName",)),
    ("security-auditing", 4739): Meaning(_CHANGE, "domain_policy.changed", "Domain policy was changed.", outcome="succeeded", person=("SubjectUserName",)),
    ("security-auditing", 4698): Meaning(_CHANGE, "task.created", "A scheduled task was created: {TaskName}", outcome="succeeded", person=("SubjectUserName",)),
    ("security-auditing", 4699): Meaning(_CHANGE, "task.deleted", "A scheduled task was deleted: {TaskName}", outcome="succeeded", person=("SubjectUserName",)),
    ("security-auditing", 4700): Meaning(_CHANGE, "task.enabled", "A scheduled task was enabled: {TaskName}", outcome="succeeded", person=("SubjectUserName",)),
    ("security-auditing", 4701): Meaning(_CHANGE, "task.disabled", "A scheduled task was disabled: {TaskName}", outcome="succeeded", person=("SubjectUserName",)),
    ("security-auditing", 4702): Meaning(_CHANGE, "task.updated", "A scheduled task was updated: {TaskName}", outcome="succeeded", person=("SubjectUserName",)),
    ("windows firewall with advanced security", 2003): Meaning(_CHANGE, "firewall.setting_changed", "A Windows Firewall setting has changed.", after=("SettingValueString",), outcome="succeeded"),
    ("windows firewall with advanced security", 2004): Meaning(_CHANGE, "firewall.rule_added", "A rule has been added to the Windows Firewall exception list: {RuleName}", outcome="succeeded"),
    ("windows firewall with advanced security", 2005): Meaning(_CHANGE, "firewall.rule_modified", "A rule has been modified in the Windows Firewall exception list: {RuleName}", outcome="succeeded"),
    ("windows firewall with advanced security", 2006): Meaning(_CHANGE, "firewall.rule_deleted", "A rule has been deleted in the Windows Firewall exception list: {RuleName}", outcome="succeeded"),
    ("windows defender", 5001): Meaning(_CHANGE, "antivirus.disabled", "Real-time protection was disabled.", outcome="succeeded"),
    ("windows defender", 5007): Meaning(_CHANGE, "antivirus.configured", "The antimalware platform configuration changed.", before=("Old Value",), after=("New Value",), outcome="succeeded"),
}  # fmt: skip

_UNNAMED: Final = {event_id: key for key in KNOWN if key[0] in ("service control manager", "eventlog") for event_id in (key[1],)}


def meaning_of(provider: str, event_id: int) -> Meaning | None:
    """What the event means; None for a plain log line.  Exports trimmed of their provider are known by ids that only one has."""
    name = provider.strip().lower().removeprefix("microsoft-windows-")
    name = "windowsupdateclient" if name == "windows update agent" else name
    key = (name, event_id) if name else _UNNAMED.get(event_id)
    return KNOWN.get(key) if key else None

package io.loop.turn;

import java.lang.classfile.MethodModel;
import java.lang.reflect.AccessFlag;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What the turn rule knows about the library. Classes are named without their packages.
final class TurnRules {

  /// Each of these returns when the caller has its turn.
  private static final Set<String> TAKERS =
      Set.of(
          "Coroutine.callOutside",
          "Coroutine.callWithHost",
          "Coroutine.mayGoAstray", // guards the others
          "Coroutine.rejoin",
          "Coroutine.suspend",
          "CurrentContext.here", // of a caller that may be astray, after taking the turn
          "Guest.rejoin",
          "Loop.checkTurn",
          "Loop.checkTurnToRead",
          "Loop.contextHere", // like CurrentContext.here
          "Loop.isOnLoop",
          "Loop.running",
          "Loop.runningOrNull",
          "Presence.contextHere",
          "Presence.loopHere",
          "Turns.take");

  /// Interfaces whose implementations belong to the library or to a layer, and never block.
  private static final Set<String> LAYERS =
      Set.of(
          "ContextPropagator",
          "ContextPropagator$Scope",
          "Coroutine$Owner",
          "Guest",
          "GuestDirectory",
          "Poller",
          "ReadTransport",
          "DelegatingBody",
          "Segment",
          "WriteTransport");

  /// Whose functions are the library's own, where a method calls one or passes one on.
  private static final Set<String> OWN_FUNCTIONS =
      Set.of(
          "Barrier.arrive",
          "Barrier.awaitOthers",
          "CallbackList.forEach",
          "Queue.await",
          "Queue.lambda$await$0",
          "StaggeredRace.awaitTurn");

  /// Fields that are not protected by the turn.
  private static final Map<String, String> NOT_BY_THE_TURN =
      Map.ofEntries(
          Map.entry("Context.entered", "a context belongs to whoever runs in it"),
          Map.entry("ExceptionReports.dropped", "counted on any thread"),
          Map.entry("ExceptionReports.firstDropped", "like the count"),
          Map.entry("Loop.debug", "any thread reads it, and may see an old value"),
          Map.entry("Loop.debugWasOn", "like debug"),
          Map.entry("Presence.guest", "any thread may ask whether it is the guest"),
          Map.entry("Sides.host", "set once, before any guest runs"),
          Map.entry("Presence.hostThread", "like host"),
          Map.entry("Presence.strict", "set before a guest can be astray"),
          Map.entry("Propagators.members", "replaced as a whole"),
          Map.entry("Rescue.hasHappened", "set before a guest can be astray"),
          Map.entry("Threadsafe$Outside.last", "behind its own lock"),
          Map.entry("ExceptionGroup.exceptions", "immutable"),
          Map.entry("Retry$Attempts.before", "belongs to one call"),
          Map.entry("Retry$Delays.delayNanos", "belongs to one caller"),
          Map.entry("ItemIterator.ended", "belongs to one iteration"),
          Map.entry("ItemIterator.next", "belongs to one iteration"),
          Map.entry("Conduit.openSenders", "counted with the turn, and at first for a new channel"),
          Map.entry("Conduit.openReceivers", "like openSenders"));

  /// Public methods that use state without the turn, because any thread may call them.
  static final Map<String, String> ANY_THREAD =
      Map.ofEntries(
          Map.entry("Context.copy", "reads one reference to immutable values"),
          Map.entry("Context.get", "reads one reference to immutable values"),
          Map.entry("Context.recapture", "a context belongs to whoever runs in it"),
          Map.entry("ContextVar.reset", "a token belongs to whoever has set the variable"),
          Map.entry("DelegatingBody.nameOf", "a description, which may be out of date"),
          Map.entry("Handle.getContext", "reads one reference"),
          Map.entry("Handle.isCancelled", "reads one flag; the answer may be out of date"),
          Map.entry("Loop.callExceptionHandler", "reports what any thread has seen"),
          Map.entry("Loop.defaultExceptionHandler", "logs what any thread reports"),
          Map.entry("Task.getName", "reads one reference, and sets it by compare-and-set"),
          Map.entry(
              "Runner.close", "of the thread that has made the runner, which is no coroutine"),
          Map.entry("Runner.getLoop", "like Runner.close"),
          Map.entry("Runner.run", "like Runner.close"),
          Map.entry("Asyncio.run", "like Runner.close"),
          Map.entry("ManualLoop.advance", "of the test's thread, which is no coroutine"),
          Map.entry("ManualLoop.close", "like ManualLoop.advance"),
          Map.entry("ManualLoop.isIdle", "like ManualLoop.advance"),
          Map.entry("ManualLoop.runUntilIdle", "like ManualLoop.advance"),
          Map.entry("ManualLoop.setPatience", "like ManualLoop.advance"),
          Map.entry("VirtualClock.advance", "like ManualLoop.advance"),
          Map.entry("VirtualClock.time", "read by the loop, and by the test between its turns"),
          Map.entry("WatchedLoop.watch", "adds to a queue that any thread may use"));

  /// Public methods for layers: their callers have the turn already, or are the loop's own thread.
  static final Map<String, String> CALLED_WITH_THE_TURN =
      Map.ofEntries(
          Map.entry("Coroutine.waitsForHost", "the owner's thread asks"),
          Map.entry("CoroutinePool.close", "the owner's thread"),
          Map.entry("CoroutinePool.create", "the owner's thread"),
          Map.entry("CurrentContext.become", "whoever has the turn"),
          Map.entry("CurrentContext.capture", "like CurrentContext.become"),
          Map.entry("CurrentContext.comeBack", "like CurrentContext.become"),
          Map.entry("CurrentContext.end", "like CurrentContext.become"),
          Map.entry("CurrentContext.goInside", "like CurrentContext.become"),
          Map.entry("CurrentContext.inside", "like CurrentContext.become"),
          Map.entry("CurrentContext.leave", "like CurrentContext.become"),
          Map.entry("CurrentContext.restoreCarried", "like CurrentContext.become"),
          Map.entry("EnteredLoop.callOnCarrier", "the loop's thread or its host"),
          Map.entry("EnteredLoop.callOnHost", "the loop's thread or its host"),
          Map.entry("EnteredLoop.isHostFree", "the loop's thread or its host"),
          Map.entry("EnteredLoop.runReturnsUntil", "the loop's thread, which closes it"),
          Map.entry("Loop.close", "the loop does not run, so there is no turn"),
          Map.entry("PolledLoop.callOnCarrier", "the loop's thread or its host"),
          Map.entry("PolledLoop.mayBlock", "the poller asks, in its poll"),
          Map.entry("PolledLoop.runTurn", "the thread of the loop's host begins the turn"),
          Map.entry("LoopLocal.get", "each layer takes the turn first"),
          Map.entry("LoopLocal.set", "each layer takes the turn first"),
          Map.entry("LoopSignals.close", "the loop closes, so there is no turn"),
          Map.entry("LoopSignals.of", "Asyncio takes the turn first"),
          Map.entry("Signals.watch", "the thread of the runner, which is no coroutine"),
          Map.entry("Signals$Watch.close", "like Signals.watch"),
          Map.entry("PermitLine.add", "each primitive takes the turn first"),
          Map.entry("PermitLine.free", "like PermitLine.add"),
          Map.entry("PermitLine.take", "like PermitLine.add"),
          Map.entry("PermitLine.tryTake", "like PermitLine.add"),
          Map.entry("PermitLine.waiting", "like PermitLine.add"),
          Map.entry("PermitLine.wakeAll", "like PermitLine.add"),
          Map.entry("StreamReader.keepSegments", "a closed loop has no turn"),
          Map.entry("WaiterLine.await", "each primitive takes the turn first"),
          Map.entry("WaiterLine.failAll", "like WaiterLine.await"),
          Map.entry("WaiterLine.hasAsleep", "like WaiterLine.await"),
          Map.entry("WaiterLine.hasLive", "like WaiterLine.await"),
          Map.entry("WaiterLine.size", "like WaiterLine.await"),
          Map.entry("WaiterLine.text", "like WaiterLine.await"),
          Map.entry("WaiterLine.wake", "like WaiterLine.await"),
          Map.entry("WaiterLine.wakeAll", "like WaiterLine.await"),
          Map.entry("WaiterLine.wakeAndRemoveAll", "like WaiterLine.await"),
          Map.entry("WaiterLine.wakeFirst", "like WaiterLine.await"),
          Map.entry("WaiterLine.wakeHead", "like WaiterLine.await"),
          Map.entry("WaiterLine.wakeNext", "like WaiterLine.await"));

  /// Hidden methods that run on the loop's own thread, where a blocking call does not lose the
  /// turn.
  private static final List<String> ON_THE_LOOPS_THREAD =
      List.of(
          "Asyncio.run",
          "Bridges.",
          "Coroutine.ranErrand",
          "LoopCarrier.",
          "LoopTasks.close",
          "PortableCarrier.",
          "Runner.",
          "SelfCheck.",
          "VirtualThreads.");

  private TurnRules() {}

  /// {@return `Task.cancel` for `io/loop/task/Task.cancel(Ljava/lang/String;)Z`}
  static String shortName(String member) {
    int end = member.indexOf('(');
    String name = end < 0 ? member : member.substring(0, end);
    return name.substring(name.lastIndexOf('/') + 1);
  }

  static boolean takesTheTurn(String owner, String name) {
    return TAKERS.contains(shortName(owner) + "." + name);
  }

  /// {@return whether a call runs the program's code, which may block: a function that it passed}
  static boolean isTheProgram(
      String caller, String owner, String name, @Nullable MethodModel called) {
    if (owner.startsWith("io/loop/")) {
      return called != null
          && called.flags().has(AccessFlag.ABSTRACT)
          && called.parent().orElseThrow().flags().has(AccessFlag.INTERFACE)
          && !LAYERS.contains(shortName(owner));
    }
    return owner.startsWith("java/util/function/")
        || owner.equals("java/util/concurrent/Callable")
        || (owner.equals("java/util/Iterator") && shortName(caller).startsWith("GroupMap."));
  }

  /// {@return whether the functions that a method calls or passes on are the library's own}
  static boolean passesOwnFunctions(String method) {
    return method.startsWith("io/loop/event/") || OWN_FUNCTIONS.contains(shortName(method));
  }

  static boolean isProtectedByTheTurn(String field) {
    return !NOT_BY_THE_TURN.containsKey(shortName(field));
  }

  static boolean isOnTheLoopsThread(String method) {
    return ON_THE_LOOPS_THREAD.stream().anyMatch(shortName(method)::startsWith);
  }
}

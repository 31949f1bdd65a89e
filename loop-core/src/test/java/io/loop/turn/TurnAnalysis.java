package io.loop.turn;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeModel;
import java.lang.classfile.FieldModel;
import java.lang.classfile.Label;
import java.lang.classfile.MethodModel;
import java.lang.classfile.Opcode;
import java.lang.classfile.instruction.BranchInstruction;
import java.lang.classfile.instruction.ExceptionCatch;
import java.lang.classfile.instruction.FieldInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.LabelTarget;
import java.lang.classfile.instruction.LookupSwitchInstruction;
import java.lang.classfile.instruction.ReturnInstruction;
import java.lang.classfile.instruction.TableSwitchInstruction;
import java.lang.classfile.instruction.ThrowInstruction;
import java.lang.constant.ClassDesc;
import java.lang.reflect.AccessFlag;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Finds the methods of a library that use a loop's state without having the turn, in its bytecode.
///
/// A caller may have continued on its own after a blocking call. So a method has to take the turn
/// before it reads or writes a field that can change, and again after it has called the program's
/// code, which may have blocked.
final class TurnAnalysis {

  /*
   * Each method is followed along all its branches, with one bit: does the caller have the turn?
   * Where branches meet, both must have it. A call continues in the method that is called, if that
   * is one of the library's; the method that a virtual call is compiled against stands for those
   * that override it, which are checked on their own.
   *
   *   STRAY ---a taker is called---------------------------> TURN
   *         <--the program's code is called, or may have been called in the block of a handler---
   *
   * A use of state is an access to a field that is neither final nor volatile, or to a final one
   * whose type is a collection. Constructors may write the fields of the new object.
   *
   * Lambdas are not followed where they are created: most of them run later. They are checked like
   * methods that begin with the turn.
   */

  /// How a method ends, and the first use of state without the turn.
  record Result(boolean hasTurn, @Nullable String callsBack, @Nullable String use) {}

  private record Call(String method, boolean hasTurn) {}

  private final Map<String, ClassModel> classes = new TreeMap<>();
  private final Map<String, MethodModel> methods = new HashMap<>();
  private final Map<String, FieldModel> fields = new HashMap<>();
  private final Map<Call, Result> results = new HashMap<>();
  private final Set<Call> underWay = new HashSet<>();

  TurnAnalysis(Class<?> anchor) {
    try {
      Path root = Path.of(anchor.getProtectionDomain().getCodeSource().getLocation().toURI());
      try (Stream<Path> files = Files.walk(root)) {
        for (Path file : files.filter(path -> path.toString().endsWith(".class")).toList()) {
          add(ClassFile.of().parse(file));
        }
      }
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    } catch (URISyntaxException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  private void add(ClassModel type) {
    String name = type.thisClass().asInternalName();
    classes.put(name, type);
    type.methods().forEach(method -> methods.put(key(name, method), method));
    type.fields().forEach(field -> fields.put(name + "." + field.fieldName(), field));
  }

  private static String key(String type, MethodModel method) {
    return type + "." + method.methodName() + method.methodType();
  }

  /// {@return all methods with code, by their keys: the class, the name and the descriptor}
  Map<String, MethodModel> methods() {
    Map<String, MethodModel> all = new TreeMap<>(methods);
    all.values().removeIf(method -> method.code().isEmpty());
    return all;
  }

  /// {@return the class of a method}
  ClassModel typeOf(String method) {
    return classes.get(method.substring(0, method.indexOf('.')));
  }

  /// {@return how a method ends, if its caller has the turn or not}
  Result follow(String method, boolean hasTurn) {
    var call = new Call(method, hasTurn);
    Result known = results.get(call);
    if (known != null) {
      return known;
    }
    MethodModel model = methods.get(method);
    CodeModel code = model == null ? null : model.code().orElse(null);
    if (code == null || !underWay.add(call)) {
      return new Result(hasTurn, null, null);
    }
    Result result = new Walk(method, model, code).run(hasTurn);
    underWay.remove(call);
    results.put(call, result);
    return result;
  }

  /// One method, followed from its beginning.
  private final class Walk {
    private final String method;
    private final boolean isConstructor;
    private final CodeModel code;
    private final Map<Label, Boolean> known = new HashMap<>();
    private final Map<Label, List<ExceptionCatch>> starts = new HashMap<>();
    private final Map<Label, List<ExceptionCatch>> ends = new HashMap<>();
    private final List<ExceptionCatch> open = new ArrayList<>();
    private boolean hasTurn;
    private boolean isReachable;
    private boolean endsWithTurn;
    private @Nullable String callsBack;
    private @Nullable String use;

    Walk(String method, MethodModel model, CodeModel code) {
      this.method = method;
      this.isConstructor = model.methodName().equalsString("<init>");
      this.code = code;
      for (ExceptionCatch handler : code.exceptionHandlers()) {
        starts.computeIfAbsent(handler.tryStart(), _ -> new ArrayList<>()).add(handler);
        ends.computeIfAbsent(handler.tryEnd(), _ -> new ArrayList<>()).add(handler);
      }
    }

    Result run(boolean begins) {
      for (int pass = 0; pass < 3; pass++) { // jumps backwards are known in the second
        hasTurn = begins;
        isReachable = true;
        endsWithTurn = true;
        use = null;
        open.clear();
        code.forEach(this::visit);
      }
      return new Result(endsWithTurn, callsBack, use);
    }

    private void visit(CodeElement element) {
      if (element instanceof LabelTarget label) {
        arriveAt(label.label());
        return;
      }
      if (!isReachable) {
        return;
      }
      switch (element) {
        case FieldInstruction access -> touch(access);
        case InvokeInstruction invocation -> {
          call(invocation);
          mayThrow();
        }
        case BranchInstruction branch -> {
          jumpTo(branch.target());
          isReachable = branch.opcode() != Opcode.GOTO && branch.opcode() != Opcode.GOTO_W;
        }
        case TableSwitchInstruction table -> {
          jumpTo(table.defaultTarget());
          table.cases().forEach(each -> jumpTo(each.target()));
          isReachable = false;
        }
        case LookupSwitchInstruction table -> {
          jumpTo(table.defaultTarget());
          table.cases().forEach(each -> jumpTo(each.target()));
          isReachable = false;
        }
        case ReturnInstruction _ -> {
          endsWithTurn &= hasTurn;
          isReachable = false;
        }
        case ThrowInstruction _ -> {
          mayThrow();
          isReachable = false;
        }
        default -> {}
      }
    }

    private void jumpTo(Label label) {
      known.merge(label, hasTurn, Boolean::logicalAnd);
    }

    private void arriveAt(Label label) {
      open.removeAll(ends.getOrDefault(label, List.of()));
      Boolean others = known.get(label);
      if (isReachable) {
        hasTurn &= others == null || others;
        known.put(label, hasTurn);
      } else if (others != null) {
        hasTurn = others;
        isReachable = true;
      }
      open.addAll(starts.getOrDefault(label, List.of()));
    }

    private void lose(String where) {
      if (TurnRules.passesOwnFunctions(method)) {
        return;
      }
      hasTurn = false;
      callsBack = where;
    }

    /// A method that takes the turn does so before it throws, unless it refuses the caller.
    private void mayThrow() {
      open.forEach(handler -> jumpTo(handler.handler()));
    }

    private void touch(FieldInstruction access) {
      if (hasTurn) {
        return;
      }
      FieldModel field = fields.get(access.owner().asInternalName() + "." + access.name());
      if (field == null || field.flags().has(AccessFlag.VOLATILE) || isRecord(access)) {
        return; // not ours, or for all threads
      }
      boolean isWrite = access.opcode() == Opcode.PUTFIELD || access.opcode() == Opcode.PUTSTATIC;
      boolean isNew = isWrite && (isConstructor || field.flags().has(AccessFlag.FINAL));
      boolean isConstant =
          field.flags().has(AccessFlag.FINAL) && !isCollection(access.typeSymbol());
      if (!isNew && !isConstant) {
        note(access.owner().asInternalName() + "." + access.name());
      }
    }

    private boolean isRecord(FieldInstruction access) {
      return classes
          .get(access.owner().asInternalName())
          .superclass()
          .filter(above -> above.asInternalName().equals("java/lang/Record"))
          .isPresent();
    }

    private static boolean isCollection(ClassDesc type) {
      String name = type.descriptorString();
      return name.startsWith("Ljava/util/")
          && !name.startsWith("Ljava/util/concurrent/")
          && !name.startsWith("Ljava/util/function/");
    }

    private void note(String what) {
      if (use == null && TurnRules.isProtectedByTheTurn(what)) {
        use = what + " in " + method + (callsBack == null ? "" : " after " + callsBack);
      }
    }

    private void call(InvokeInstruction invocation) {
      String owner = invocation.owner().asInternalName();
      String name = invocation.name().stringValue();
      String called = resolve(owner, name + invocation.type().stringValue());
      if (TurnRules.takesTheTurn(owner, name)) {
        hasTurn = true;
      } else if (TurnRules.isTheProgram(method, owner, name, methods.get(called))) {
        lose(owner + "." + name + " in " + method);
      } else if (methods.containsKey(called)) {
        Result result = follow(called, hasTurn);
        if (result.use() != null && use == null) {
          use = result.use();
        }
        if (result.callsBack() != null) {
          lose(result.callsBack());
        }
        hasTurn = result.hasTurn() || (hasTurn && TurnRules.passesOwnFunctions(method));
      }
    }

    private String resolve(String owner, String nameAndType) {
      for (ClassModel type = classes.get(owner); type != null; ) {
        String here = type.thisClass().asInternalName() + "." + nameAndType;
        if (methods.containsKey(here)) {
          return here;
        }
        type = type.superclass().map(above -> classes.get(above.asInternalName())).orElse(null);
      }
      return owner + "." + nameAndType;
    }
  }
}

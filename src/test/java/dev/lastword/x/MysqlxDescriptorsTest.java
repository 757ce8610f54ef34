package dev.lastword.x;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import org.junit.jupiter.api.Test;

/**
 * Our {@code proto/} against the descriptors that MySQL's own driver carries. Both are flattened
 * into one line per fact (a message, a field with its number, label, type and default, an enum
 * value, a message number), and the two sets of lines have to be the same set.
 */
class MysqlxDescriptorsTest {

  private static final List<FileDescriptor> OURS =
      List.of(
          dev.lastword.x.protobuf.Mysqlx.getDescriptor(),
          dev.lastword.x.protobuf.MysqlxConnection.getDescriptor(),
          dev.lastword.x.protobuf.MysqlxCrud.getDescriptor(),
          dev.lastword.x.protobuf.MysqlxCursor.getDescriptor(),
          dev.lastword.x.protobuf.MysqlxDatatypes.getDescriptor(),
          dev.lastword.x.protobuf.MysqlxExpect.getDescriptor(),
          dev.lastword.x.protobuf.MysqlxExpr.getDescriptor(),
          dev.lastword.x.protobuf.MysqlxNotice.getDescriptor(),
          dev.lastword.x.protobuf.MysqlxPrepare.getDescriptor(),
          dev.lastword.x.protobuf.MysqlxResultset.getDescriptor(),
          dev.lastword.x.protobuf.MysqlxSession.getDescriptor(),
          dev.lastword.x.protobuf.MysqlxSql.getDescriptor());

  private static final List<FileDescriptor> CONNECTOR_J =
      List.of(
          com.mysql.cj.x.protobuf.Mysqlx.getDescriptor(),
          com.mysql.cj.x.protobuf.MysqlxConnection.getDescriptor(),
          com.mysql.cj.x.protobuf.MysqlxCrud.getDescriptor(),
          com.mysql.cj.x.protobuf.MysqlxCursor.getDescriptor(),
          com.mysql.cj.x.protobuf.MysqlxDatatypes.getDescriptor(),
          com.mysql.cj.x.protobuf.MysqlxExpect.getDescriptor(),
          com.mysql.cj.x.protobuf.MysqlxExpr.getDescriptor(),
          com.mysql.cj.x.protobuf.MysqlxNotice.getDescriptor(),
          com.mysql.cj.x.protobuf.MysqlxPrepare.getDescriptor(),
          com.mysql.cj.x.protobuf.MysqlxResultset.getDescriptor(),
          com.mysql.cj.x.protobuf.MysqlxSession.getDescriptor(),
          com.mysql.cj.x.protobuf.MysqlxSql.getDescriptor());

  @Test
  void our_messages_are_those_of_the_mysql_driver_and_no_others() {
    SortedSet<String> ours = facts(OURS);
    SortedSet<String> theirs = facts(CONNECTOR_J);

    SortedSet<String> differences = new TreeSet<>();
    ours.stream()
        .filter(fact -> !theirs.contains(fact))
        .forEach(f -> differences.add(f + "  <- only ours"));
    theirs.stream()
        .filter(fact -> !ours.contains(fact))
        .forEach(f -> differences.add(f + "  <- only theirs"));

    assertThat(differences).isEmpty();
  }

  @Test
  void the_walk_reaches_every_kind_of_fact() {
    assertThat(facts(CONNECTOR_J))
        .hasSizeGreaterThan(400)
        .contains(
            "file mysqlx.proto: package Mysqlx, proto2",
            "message Mysqlx.Error: [Mysqlx.server_message_id]: ERROR",
            "field Mysqlx.Error.severity: 1 optional enum Mysqlx.Error.Severity = ERROR",
            "field Mysqlx.Resultset.Row.field: 1 repeated bytes",
            "field Mysqlx.Session.Reset.keep_open: 1 optional bool = false",
            "field Mysqlx.Datatypes.Object.ObjectField.value: 2 required message Mysqlx.Datatypes.Any",
            "enum Mysqlx.Crud.Find.RowLock",
            "value Mysqlx.ServerMessages.Type.SQL_STMT_EXECUTE_OK: 17",
            "extension Mysqlx.client_message_id of google.protobuf.MessageOptions: 100001 optional enum Mysqlx.ClientMessages.Type");
  }

  @Test
  void no_file_of_the_mysql_driver_is_missing_here() throws Exception {
    Path driver =
        Path.of(
            com.mysql.cj.x.protobuf.Mysqlx.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
    try (JarFile jar = new JarFile(driver.toFile())) {
      List<String> generated =
          jar.stream()
              .map(JarEntry::getName)
              .filter(name -> name.matches("com/mysql/cj/x/protobuf/\\w+\\.class"))
              .map(name -> name.substring(name.lastIndexOf('/') + 1, name.lastIndexOf('.')))
              .toList();

      assertThat(generated)
          .containsExactlyInAnyOrderElementsOf(
              OURS.stream().map(file -> file.getOptions().getJavaOuterClassname()).toList());
    }
  }

  @Test
  void every_file_of_ours_stays_in_our_java_package() {
    assertThat(OURS)
        .allSatisfy(file ->
            assertThat(file.getOptions().getJavaPackage()).isEqualTo("dev.lastword.x.protobuf"));
  }

  private static SortedSet<String> facts(List<FileDescriptor> files) {
    SortedSet<String> facts = new TreeSet<>();
    Consumer<String> fact =
        line -> {
          if (!facts.add(line)) {
            throw new IllegalStateException("said twice, so a difference could hide: " + line);
          }
        };
    for (FileDescriptor file : files) {
      fact.accept(
          "file %s: package %s, %s".formatted(file.getName(), file.getPackage(), syntaxOf(file)));
      file.getMessageTypes().forEach(message -> describe(message, fact));
      file.getEnumTypes().forEach(type -> describe(type, fact));
      file.getExtensions().forEach(extension -> describe(extension, fact));
    }
    return facts;
  }

  private static void describe(Descriptor message, Consumer<String> fact) {
    fact.accept("message " + message.getFullName() + optionsOf(message.getOptions()));
    message.getFields().forEach(field -> describe(field, fact));
    message.getNestedTypes().forEach(nested -> describe(nested, fact));
    message.getEnumTypes().forEach(type -> describe(type, fact));
    message.getExtensions().forEach(extension -> describe(extension, fact));
    message
        .getOneofs()
        .forEach(oneof ->
            fact.accept(
                "oneof "
                    + oneof.getFullName()
                    + ": "
                    + oneof.getFields().stream().map(FieldDescriptor::getName).toList()));
  }

  private static void describe(EnumDescriptor type, Consumer<String> fact) {
    fact.accept("enum " + type.getFullName() + optionsOf(type.getOptions()));
    for (EnumValueDescriptor value : type.getValues()) {
      fact.accept(
          "value %s.%s: %d%s"
              .formatted(
                  type.getFullName(),
                  value.getName(),
                  value.getNumber(),
                  optionsOf(value.getOptions())));
    }
  }

  private static void describe(FieldDescriptor field, Consumer<String> fact) {
    fact.accept(
        "%s: %d %s %s%s%s%s"
            .formatted(
                field.isExtension()
                    ? "extension "
                        + field.getFullName()
                        + " of "
                        + field.getContainingType().getFullName()
                    : "field " + field.getFullName(),
                field.getNumber(),
                labelOf(field),
                typeOf(field),
                field.isPacked() ? " packed" : "",
                field.hasDefaultValue() ? " = " + field.getDefaultValue() : "",
                optionsOf(field.getOptions())));
  }

  private static String labelOf(FieldDescriptor field) {
    if (field.isRepeated()) {
      return "repeated";
    }
    return field.isRequired() ? "required" : "optional";
  }

  private static String typeOf(FieldDescriptor field) {
    String type = field.getType().name().toLowerCase(Locale.ROOT);
    return switch (field.getJavaType()) {
      case MESSAGE -> type + " " + field.getMessageType().getFullName();
      case ENUM -> type + " " + field.getEnumType().getFullName();
      case INT, LONG, FLOAT, DOUBLE, BOOLEAN, STRING, BYTE_STRING -> type;
    };
  }

  private static String syntaxOf(FileDescriptor file) {
    String syntax = file.toProto().getSyntax();
    // The compiler leaves it out for the oldest one.
    return syntax.isEmpty() ? "proto2" : syntax;
  }

  private static String optionsOf(Message options) {
    String text = TextFormat.printer().emittingSingleLine(true).printToString(options).trim();
    return text.isEmpty() ? "" : ": " + text;
  }
}

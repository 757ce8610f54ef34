package dev.lastword.x;

import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.FastThreadLocal;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Finds the {@link Effect} of each client message of one session, in the order in which they are sent, from the message
 * type and the beginning of its payload. Makes no objects, except when a session prepares statements.
 *
 * <p>Belongs to one event loop. A message need not be a correct one: whatever it is, an effect is returned, and the
 * server's Error tells {@link TransactionState#next} that it did not come to pass.
 */
public final class RequestEffects {

  /** This many bytes of a payload are enough for every statement whose first words are not buried in comments. */
  public static final int PREFIX = 1024;

  // Mysqlx.ClientMessages.Type; here as constants because the generated enum cannot be switched
  // over by number.
  private static final int SESS_RESET = 6;
  private static final int SESS_CLOSE = 7;
  private static final int SQL_STMT_EXECUTE = 12;
  private static final int CRUD_FIND = 17;
  private static final int CRUD_INSERT = 18;
  private static final int CRUD_UPDATE = 19;
  private static final int CRUD_DELETE = 20;
  private static final int CRUD_CREATE_VIEW = 30;
  private static final int CRUD_MODIFY_VIEW = 31;
  private static final int CRUD_DROP_VIEW = 32;
  private static final int PREPARE_PREPARE = 40;
  private static final int PREPARE_EXECUTE = 41;
  private static final int PREPARE_DEALLOCATE = 42;
  private static final int CURSOR_OPEN = 43;

  /** Datatypes.Any inside Any: deeper than any admin command needs, and bounded. */
  private static final int MAX_NESTING = 6;

  private static final byte[] SQL = ascii("sql");
  private static final byte[] MYSQLX = ascii("mysqlx");
  private static final byte[] XPLUGIN = ascii("xplugin");
  private static final byte[] WARNINGS = ascii("warnings");
  private static final byte[] DISABLE_NOTICES = ascii("disable_notices");
  private static final byte[] ENABLE_NOTICES = ascii("enable_notices");
  private static final byte[][] DEFINING = {
    ascii("create_collection"),
    ascii("ensure_collection"),
    ascii("drop_collection"),
    ascii("create_collection_index"),
    ascii("drop_collection_index"),
    ascii("modify_collection_options")
  };
  private static final byte[] LIST_OBJECTS = ascii("list_objects");
  private static final byte[] GET_COLLECTION_OPTIONS = ascii("get_collection_options");

  private static final FastThreadLocal<Reader> READERS =
      new FastThreadLocal<>() {
        @Override
        protected Reader initialValue() {
          return new Reader();
        }
      };

  private final PreparedEffects prepared = new PreparedEffects();

  /**
   * The effect of a message that the client sends, provided that the server answers it without an error.
   *
   * @param type message type id
   * @param payload holds the payload; its indexes are not moved and no reference is kept
   * @param index of the first byte of the payload
   * @param length of the payload, or of as much of it as is there ({@link #PREFIX} bytes are enough)
   */
  public Effect of(int type, ByteBuf payload, int index, int length) {
    return switch (type) {
      case SQL_STMT_EXECUTE -> READERS.get().stmtExecute(payload, index, index + length);
      case CRUD_FIND, CRUD_INSERT, CRUD_UPDATE, CRUD_DELETE -> Effect.MAY_START;
      case CRUD_CREATE_VIEW, CRUD_MODIFY_VIEW, CRUD_DROP_VIEW -> Effect.IMPLICIT_COMMIT;
      case PREPARE_PREPARE -> {
        READERS.get().prepare(payload, index, index + length, prepared);
        yield Effect.NONE;
      }
      case PREPARE_EXECUTE -> READERS.get().execute(payload, index, index + length, prepared);
      case CURSOR_OPEN -> READERS.get().openCursor(payload, index, index + length, prepared);
      case PREPARE_DEALLOCATE -> {
        READERS.get().deallocate(payload, index, index + length, prepared);
        yield Effect.NONE;
      }
      case SESS_RESET -> {
        prepared.clear();
        yield READERS.get().reset(payload, index, index + length);
      }
      case SESS_CLOSE -> {
        prepared.clear();
        yield Effect.CLOSE;
      }
      default -> Effect.NONE;
    };
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** What one thread needs to read a message: shared by its sessions, since no state outlives a call. */
  private static final class Reader {

    private final ProtobufFields message = new ProtobufFields();
    private final ProtobufFields inner = new ProtobufFields();
    private final ProtobufFields statement = new ProtobufFields();
    private final SqlStatement sql = new SqlStatement();

    Effect stmtExecute(ByteBuf payload, int index, int end) {
      ProtobufFields fields = statement.over(payload, index, end);
      int stmt = -1;
      int stmtEnd = 0;
      boolean cut = false;
      boolean admin = false;
      while (fields.next()) {
        if (fields.isBytes(1)) {
          stmt = fields.start();
          stmtEnd = fields.end();
          cut = fields.isCut();
        } else if (fields.isBytes(3)) {
          admin = isAny(fields, MYSQLX, XPLUGIN);
          if (!admin && !isAny(fields, SQL)) {
            return Effect.NONE; // the server knows no other namespaces
          }
        }
      }
      if (stmt < 0) {
        return Effect.NONE;
      }
      return admin
          ? command(payload, index, end, stmt, stmtEnd)
          : sql.effect(payload, stmt, stmtEnd, cut);
    }

    private Effect command(ByteBuf payload, int index, int end, int stmt, int stmtEnd) {
      if (is(payload, stmt, stmtEnd, DISABLE_NOTICES)) {
        return namesWarnings(payload, index, end) ? Effect.WARNINGS_OFF : Effect.NONE;
      }
      if (is(payload, stmt, stmtEnd, ENABLE_NOTICES)) {
        return namesWarnings(payload, index, end) ? Effect.WARNINGS_ON : Effect.NONE;
      }
      for (byte[] name : DEFINING) {
        if (is(payload, stmt, stmtEnd, name)) {
          return Effect.IMPLICIT_COMMIT;
        }
      }
      return is(payload, stmt, stmtEnd, LIST_OBJECTS)
              || is(payload, stmt, stmtEnd, GET_COLLECTION_OPTIONS)
          ? Effect.MAY_START
          : Effect.NONE;
    }

    private static boolean namesWarnings(ByteBuf payload, int index, int end) {
      ProtobufFields fields = new ProtobufFields().over(payload, index, end);
      while (fields.next()) {
        if (fields.isBytes(2) && namesWarnings(fields, 0)) {
          return true;
        }
      }
      return false;
    }

    /** Datatypes.Any: a scalar, an object or an array, in which some string is "warnings". */
    private static boolean namesWarnings(ProtobufFields any, int depth) {
      if (depth == MAX_NESTING) {
        return false;
      }
      ProtobufFields parts = new ProtobufFields().inside(any);
      ProtobufFields values = new ProtobufFields();
      ProtobufFields fields = new ProtobufFields();
      while (parts.next()) {
        if (parts.isBytes(
            2)) { // scalar: v_octets 5 and v_string 9, both with their bytes in field 1
          values.inside(parts);
          while (values.next()) {
            if (values.isBytes(5) || values.isBytes(9)) {
              fields.inside(values);
              while (fields.next()) {
                if (fields.isBytes(1) && isAny(fields, WARNINGS)) {
                  return true;
                }
              }
            }
          }
        } else if (parts.isBytes(3)) { // object: fields 1, each with its value in field 2
          values.inside(parts);
          while (values.next()) {
            fields.inside(values);
            while (values.isBytes(1) && fields.next()) {
              if (fields.isBytes(2) && namesWarnings(fields, depth + 1)) {
                return true;
              }
            }
          }
        } else if (parts.isBytes(4)) { // array: values 1
          values.inside(parts);
          while (values.next()) {
            if (values.isBytes(1) && namesWarnings(values, depth + 1)) {
              return true;
            }
          }
        }
      }
      return false;
    }

    void prepare(ByteBuf payload, int index, int end, PreparedEffects prepared) {
      message.over(payload, index, end);
      long id = -1;
      Effect effect = Effect.NONE;
      while (message.next()) {
        if (message.isVarint(1)) {
          id = message.value();
        } else if (message.isBytes(2)) {
          inner.inside(message);
          while (inner.next()) {
            if (inner.isVarint(1)) {
              // FIND, INSERT, UPDATE, DELETE; STMT is known by its own field.
              effect = inner.value() == 5 ? effect : Effect.MAY_START;
            } else if (inner.isBytes(6)) {
              effect = stmtExecute(payload, inner.start(), inner.end());
            }
          }
        }
      }
      if (id >= 0) {
        prepared.put((int) id, effect);
      }
    }

    Effect execute(ByteBuf payload, int index, int end, PreparedEffects prepared) {
      message.over(payload, index, end);
      while (message.next()) {
        if (message.isVarint(1)) {
          return prepared.get((int) message.value());
        }
      }
      return Effect.NONE;
    }

    Effect openCursor(ByteBuf payload, int index, int end, PreparedEffects prepared) {
      inner.over(payload, index, end);
      while (inner.next()) {
        if (inner.isBytes(4)) {
          statement.inside(inner);
          while (statement.next()) {
            if (statement.isBytes(2)) {
              return execute(payload, statement.start(), statement.end(), prepared);
            }
          }
        }
      }
      return Effect.NONE;
    }

    void deallocate(ByteBuf payload, int index, int end, PreparedEffects prepared) {
      message.over(payload, index, end);
      while (message.next()) {
        if (message.isVarint(1)) {
          prepared.put((int) message.value(), Effect.NONE);
        }
      }
    }

    Effect reset(ByteBuf payload, int index, int end) {
      message.over(payload, index, end);
      boolean keepOpen = false;
      while (message.next()) {
        if (message.isVarint(1)) {
          keepOpen = message.value() != 0;
        }
      }
      return keepOpen ? Effect.RESET : Effect.RESET_AND_AUTHENTICATE;
    }

    private static boolean isAny(ProtobufFields field, byte[]... texts) {
      for (byte[] text : texts) {
        if (!field.isCut() && is(field.buffer(), field.start(), field.end(), text)) {
          return true;
        }
      }
      return false;
    }

    private static boolean is(ByteBuf buffer, int start, int end, byte[] text) {
      if (end - start != text.length) {
        return false;
      }
      for (int i = 0; i < text.length; i++) {
        if (buffer.getByte(start + i) != text[i]) {
          return false;
        }
      }
      return true;
    }
  }

  /**
   * The prepared statements of a session that do something: a hash table from statement id to effect, open addressing.
   * The client chooses the ids and could choose them badly, hence the mixing.
   */
  private static final class PreparedEffects {

    /** The most that are kept; the server's own default limit for all sessions together is 16382. */
    private static final int MAX_ENTRIES = 1 << 14;

    private static final int[] NO_IDS = {};
    private static final Effect[] NO_EFFECTS = {};

    // A slot is free where its effect is NONE. Both arrays have a power of two slots, at most half
    // of them taken.
    private int[] ids = NO_IDS;
    private Effect[] effects = NO_EFFECTS;
    private int size;
    private boolean overflowed;

    Effect get(int id) {
      if (size > 0) {
        for (int slot = slot(id);
            effects[slot] != Effect.NONE;
            slot = (slot + 1) & (ids.length - 1)) {
          if (ids[slot] == id) {
            return effects[slot];
          }
        }
      }
      return overflowed ? Effect.UNKNOWN : Effect.NONE;
    }

    void put(int id, Effect effect) {
      remove(id);
      if (effect == Effect.NONE) {
        return;
      }
      if (size == MAX_ENTRIES) {
        overflowed = true;
        return;
      }
      if (2 * (size + 1) > ids.length) {
        grow();
      }
      insert(id, effect);
    }

    void clear() {
      ids = NO_IDS;
      effects = NO_EFFECTS;
      size = 0;
      overflowed = false;
    }

    private void insert(int id, Effect effect) {
      int slot = slot(id);
      while (effects[slot] != Effect.NONE) {
        slot = (slot + 1) & (ids.length - 1);
      }
      ids[slot] = id;
      effects[slot] = effect;
      size++;
    }

    private void remove(int id) {
      if (size == 0) {
        return;
      }
      int mask = ids.length - 1;
      int slot = slot(id);
      while (effects[slot] != Effect.NONE && ids[slot] != id) {
        slot = (slot + 1) & mask;
      }
      if (effects[slot] == Effect.NONE) {
        return;
      }
      effects[slot] = Effect.NONE;
      size--;
      // What stood behind it in the same run may have to move up, or it would not be found.
      for (int i = (slot + 1) & mask; effects[i] != Effect.NONE; i = (i + 1) & mask) {
        Effect effect = effects[i];
        effects[i] = Effect.NONE;
        size--;
        insert(ids[i], effect);
      }
    }

    private void grow() {
      int[] oldIds = ids;
      Effect[] oldEffects = effects;
      ids = new int[Math.max(8, 2 * oldIds.length)];
      effects = new Effect[ids.length];
      Arrays.fill(effects, Effect.NONE);
      size = 0;
      for (int i = 0; i < oldIds.length; i++) {
        if (oldEffects[i] != Effect.NONE) {
          insert(oldIds[i], oldEffects[i]);
        }
      }
    }

    private int slot(int id) {
      int mixed = id * 0x9e3779b9;
      return (mixed ^ (mixed >>> 16)) & (ids.length - 1);
    }
  }
}

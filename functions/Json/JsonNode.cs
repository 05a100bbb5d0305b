using System.Text;
using Cairn.Functions.Problems;

namespace Cairn.Functions.Json;

internal enum JsonKind : byte { Null, False, True, Number, String, Array, Object, Name }

/// <summary>One value (or member name) of a <see cref="JsonTape"/>.</summary>
internal readonly struct JsonNode(JsonTape tape, int index)
{
    public int Index => index;

    public JsonKind Kind => tape[index].Kind;

    public bool IsNull => Kind == JsonKind.Null;

    /// <summary>Members of an object, items of an array.</summary>
    public int Count => tape[index].Length;

    /// <summary>The text of a string, name or number, escapes undone.</summary>
    public ReadOnlySpan<byte> Text => tape.TextOf(index);

    /// <summary>The text of an object as it came, braces included.</summary>
    public ReadOnlyMemory<byte> ObjectText => tape.ObjectTextOf(index);

    public override string ToString() => Encoding.UTF8.GetString(Text);

    public MemberEnumerator Members => new(tape, index);

    public ItemEnumerator Items => new(tape, index);

    /// <summary>Pins a later failure to this node.</summary>
    public void Mark() => tape.Cursor = index;

    public string Pointer => JsonPointer.Of(tape, index);

    public ProblemException Refuse(string detail, string kind = ProblemKinds.Invalid) =>
        new(new Problem(kind, detail) { Pointer = Pointer });

    public ProblemException OverLimit(string detail, long limit, long actual) =>
        new(new Problem(ProblemKinds.Limit, detail) { Pointer = Pointer, Limit = limit, Actual = actual });

    /// <summary>The member of that name, if the object has it.</summary>
    public bool TryGet(ReadOnlySpan<byte> name, out JsonNode value)
    {
        foreach (var member in Members)
        {
            if (member.Is(name))
            {
                value = member.Value;
                return true;
            }
        }

        value = default;
        return false;
    }
}

/// <summary>A member of an object.</summary>
internal readonly struct JsonMember(JsonTape tape, int index)
{
    public ReadOnlySpan<byte> Name => tape.TextOf(index);

    public JsonNode NameNode => new(tape, index);

    public JsonNode Value => new(tape, index + 1);

    public bool Is(ReadOnlySpan<byte> name) => Name.SequenceEqual(name);

    /// <summary>A member that this object does not have: usually a typo that would lose data.</summary>
    public ProblemException Unknown() => NameNode.Refuse($"unknown member '{Encoding.UTF8.GetString(Name)}'", ProblemKinds.UnknownMember);
}

internal struct MemberEnumerator(JsonTape tape, int container)
{
    private int _left = tape[container].Length;
    private int _index = -1;

    public readonly MemberEnumerator GetEnumerator() => this;

    public readonly JsonMember Current => new(tape, _index);

    public bool MoveNext()
    {
        if (_left-- <= 0)
        {
            return false;
        }

        _index = _index < 0 ? container + 1 : tape[_index + 1].Next;
        return true;
    }
}

internal struct ItemEnumerator(JsonTape tape, int container)
{
    private int _left = tape[container].Length;
    private int _index = -1;

    public readonly ItemEnumerator GetEnumerator() => this;

    public readonly JsonNode Current => new(tape, _index);

    public bool MoveNext()
    {
        if (_left-- <= 0)
        {
            return false;
        }

        _index = _index < 0 ? container + 1 : tape[_index].Next;
        return true;
    }
}

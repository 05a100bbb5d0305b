using Cairn.Model;

namespace Cairn.Formats;

/// <summary>Reads the fields of an operation one by one, each at most once. Allocates nothing; malformed bytes are Corrupt.</summary>
public ref struct FieldReader(ReadOnlySpan<byte> fields)
{
    private const string NoInstant = "an instant lies outside the years 0001 to 9999";

    private ByteReader _reader = new(fields);
    private uint _seen;

    /// <summary>Reads the next field; false behind the last.</summary>
    /// <param name="tag">Which field.</param>
    /// <param name="payload">All behind the tag, lengths and counts included: what <see cref="FieldPayload"/> and the list readers take.</param>
    public bool TryRead(out FieldTag tag, out ReadOnlySpan<byte> payload)
    {
        tag = default;
        payload = default;
        if (_reader.Left == 0)
        {
            return false;
        }

        tag = (FieldTag)_reader.Byte();
        RequireNew(tag);
        var start = _reader.At;
        Skip(tag);
        payload = _reader.Since(start);
        return true;
    }

    private void RequireNew(FieldTag tag)
    {
        if (tag is < FieldTag.Labels or > FieldTag.RemoveItems or (> FieldTag.NoContent and < FieldTag.RemoveMembers))
        {
            throw Malformed.Unsupported("field", (int)tag, (int)FieldTag.RemoveItems);
        }

        Require((_seen & FieldTags.BitsOf(tag)) == 0, "a field stands twice in one operation");
        _seen |= FieldTags.BitsOf(tag);
    }

    private void Skip(FieldTag tag)
    {
        switch (tag)
        {
            case FieldTag.Labels or FieldTag.AddLabels or FieldTag.RemoveLabels:
                SkipNames(_reader.Byte());
                break;
            case FieldTag.RemoveAttributes:
                SkipNames(_reader.UInt16());
                break;
            case FieldTag.Attributes:
                SkipAttributes(arraysOnly: false);
                break;
            case FieldTag.AddItems or FieldTag.RemoveItems:
                SkipAttributes(arraysOnly: true);
                break;
            case FieldTag.TextContent or FieldTag.BytesContent:
                _reader.Long();
                break;
            case FieldTag.MediaType:
                _reader.Short();
                break;
            case FieldTag.Vector:
                SkipVector();
                break;
            case FieldTag.Strength or FieldTag.Confidence:
                Require(FieldPayload.IsShare(_reader.Single()), "a strength or confidence lies outside 0 to 1");
                break;
            case FieldTag.RemoveMembers:
                RequireMembers(_reader.UInt16());
                break;
            case FieldTag.NoContent:
                break;
            case FieldTag.ValidFrom or FieldTag.ValidTo or FieldTag.ExpiresAt:
                var bound = _reader.Int64();
                Require(bound == FieldPayload.NoInstant || FieldPayload.IsInstant(bound), NoInstant);
                break;
            default:
                Require(FieldPayload.IsInstant(_reader.Int64()), NoInstant);
                break;
        }
    }

    private void SkipNames(int count)
    {
        for (; count > 0; count--)
        {
            _reader.Short();
        }
    }

    private void SkipAttributes(bool arraysOnly)
    {
        for (var count = _reader.UInt16(); count > 0; count--)
        {
            _reader.Short();
            Require(ValueView.Read(ref _reader).Kind == ValueKind.Array || !arraysOnly, "items are given as an array");
        }
    }

    private void SkipVector()
    {
        var dimensions = _reader.UInt16();
        Require(dimensions <= Limits.VectorDimensions, "a vector has too many components");
        _reader.Take(dimensions * sizeof(float));
    }

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            Malformed.Throw(otherwise);
        }
    }

    private static void RequireMembers(ushort bits)
    {
        if ((bits & ~(int)Members.All) != 0)
        {
            throw Malformed.Unsupported("members", bits, (int)Members.All);
        }
    }
}

using System.Buffers.Binary;
using System.Numerics.Tensors;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Formats;

/// <content>Fields of the open put, patch or associate: in any order, each at most once.</content>
public sealed partial class CommitWriter
{
    private FieldTag _list;
    private int _listAt;
    private int _listCount;

    /// <summary>Opens the labels; <see cref="Label"/> follows, then <see cref="EndLabels"/>.</summary>
    public void BeginLabels() => BeginList(FieldTag.Labels, sizeof(byte), Step.Labels);

    /// <summary>Opens the labels that a patch adds.</summary>
    public void BeginAddLabels() => BeginList(FieldTag.AddLabels, sizeof(byte), Step.Labels);

    /// <summary>Opens the labels that a patch removes.</summary>
    public void BeginRemoveLabels() => BeginList(FieldTag.RemoveLabels, sizeof(byte), Step.Labels);

    /// <summary>Adds a label to the open list, 1 to 128 bytes; one that it already has is dropped.</summary>
    public void Label(ReadOnlySpan<byte> utf8)
    {
        RequireStep(Step.Labels);
        AddName(utf8, "labels", Limits.Labels);
    }

    /// <summary>Closes the list of labels.</summary>
    public void EndLabels()
    {
        RequireStep(Step.Labels);
        _bytes.Written[_listAt] = (byte)_listCount;
        _step = Step.Fields;
    }

    /// <summary>Content as text, at most 1 MiB.</summary>
    public void Content(ReadOnlySpan<byte> utf8)
    {
        TextRules.RequireText(utf8, "content");
        WriteContent(FieldTag.TextContent, utf8);
    }

    /// <summary>Content as bytes, at most 1 MiB.</summary>
    public void ContentBytes(ReadOnlySpan<byte> bytes) => WriteContent(FieldTag.BytesContent, bytes);

    /// <summary>Takes the content away.</summary>
    public void NoContent() => Field(FieldTag.NoContent, 0);

    /// <summary>The content's media type, at most 128 bytes; empty takes it away.</summary>
    public void MediaType(ReadOnlySpan<byte> utf8)
    {
        TextRules.RequireAtMost(utf8, "mediaType", Limits.MediaTypeBytes);
        TextRules.RequireText(utf8, "mediaType");
        ByteWriting.Short(Field(FieldTag.MediaType, sizeof(byte) + utf8.Length), utf8);
    }

    /// <summary>Opens the attributes; <see cref="Attribute"/> and one value each follow, then <see cref="EndAttributes"/>.</summary>
    public void BeginAttributes() => BeginList(FieldTag.Attributes, sizeof(ushort), Step.Attributes);

    /// <summary>Opens the attributes to whose arrays a patch adds items; each value is an array.</summary>
    public void BeginAddItems() => BeginList(FieldTag.AddItems, sizeof(ushort), Step.Attributes);

    /// <summary>Opens the attributes from whose arrays a patch removes items; each value is an array.</summary>
    public void BeginRemoveItems() => BeginList(FieldTag.RemoveItems, sizeof(ushort), Step.Attributes);

    /// <summary>Names the next attribute, 1 to 128 bytes, not named before; exactly one value follows.</summary>
    public void Attribute(ReadOnlySpan<byte> name)
    {
        RequireStep(Step.Attributes);
        if (!AddName(name, "attributes", Limits.Attributes))
        {
            throw CairnException.Invalid("attributes", "an attribute is named twice");
        }

        _step = Step.Value;
    }

    /// <summary>Closes the list of attributes.</summary>
    public void EndAttributes() => EndWideList(Step.Attributes);

    /// <summary>Opens the attributes that a patch removes; <see cref="RemoveAttribute"/> follows, then <see cref="EndRemoveAttributes"/>.</summary>
    public void BeginRemoveAttributes() => BeginList(FieldTag.RemoveAttributes, sizeof(ushort), Step.RemovedNames);

    /// <summary>Names an attribute to remove; one that was named before is dropped.</summary>
    public void RemoveAttribute(ReadOnlySpan<byte> name)
    {
        RequireStep(Step.RemovedNames);
        AddName(name, "attributes", Limits.Attributes);
    }

    /// <summary>Closes the list of names.</summary>
    public void EndRemoveAttributes() => EndWideList(Step.RemovedNames);

    /// <summary>Puts members back to their defaults; the same patch may not also set them.</summary>
    public void RemoveMembers(Members members)
    {
        Invariant.Require((members & ~Members.All) == 0, "no such member");
        BinaryPrimitives.WriteUInt16LittleEndian(Field(FieldTag.RemoveMembers, sizeof(ushort)), (ushort)members);
        if ((_seenFields & FieldTags.BitsOf(members)) != 0)
        {
            throw CairnException.Invalid("remove", "a member is both set and removed");
        }

        _seenFields |= FieldTags.BitsOf(members);
    }

    /// <summary>The vector, at most 4,096 finite components; empty takes it away.</summary>
    public void Vector(ReadOnlySpan<float> vector)
    {
        if (vector.Length > Limits.VectorDimensions)
        {
            throw CairnException.OverLimit("vector", $"a vector has at most {Limits.VectorDimensions} components", Limits.VectorDimensions, vector.Length);
        }

        if (!vector.IsEmpty && !TensorPrimitives.IsFiniteAll(vector))
        {
            throw CairnException.Invalid("vector", "a vector's components are finite");
        }

        var at = Field(FieldTag.Vector, sizeof(ushort) + (vector.Length * sizeof(float)));
        BinaryPrimitives.WriteUInt16LittleEndian(at, (ushort)vector.Length);
        FieldPayload.WriteSingles(vector, at[sizeof(ushort)..]);
    }

    /// <summary>Strength, 0 to 1.</summary>
    public void Strength(float value) => Share(FieldTag.Strength, value);

    /// <summary>Confidence, 0 to 1.</summary>
    public void Confidence(float value) => Share(FieldTag.Confidence, value);

    /// <summary>When it began to be true; null: not known.</summary>
    public void ValidFrom(Timestamp? value) => Instant(FieldTag.ValidFrom, value);

    /// <summary>When it ceased to be true; null: not known.</summary>
    public void ValidTo(Timestamp? value) => Instant(FieldTag.ValidTo, value);

    /// <summary>When it is forgotten; null: never.</summary>
    public void ExpiresAt(Timestamp? value) => Instant(FieldTag.ExpiresAt, value);

    /// <summary>For imports: when it was created.</summary>
    public void CreatedAt(Timestamp value) => Instant(FieldTag.CreatedAt, value);

    /// <summary>For imports: when it last changed.</summary>
    public void UpdatedAt(Timestamp value) => Instant(FieldTag.UpdatedAt, value);

    /// <summary>For imports: when its strength was last set or reinforced.</summary>
    public void ReinforcedAt(Timestamp value) => Instant(FieldTag.ReinforcedAt, value);

    private Span<byte> Field(FieldTag tag, int payloadBytes)
    {
        var bits = FieldTags.BitsOf(tag);
        Invariant.Require(_step == Step.Fields && (_allowedFields & bits) != 0, "calls to the commit writer are out of order");
        if ((_seenFields & bits) != 0)
        {
            throw CairnException.Invalid(FieldTags.NameOf(tag), $"{FieldTags.NameOf(tag)} appears twice");
        }

        _seenFields |= bits;
        var at = _bytes.Reserve(1 + payloadBytes);
        at[0] = (byte)tag;
        return at[1..];
    }

    private void BeginList(FieldTag tag, int countBytes, Step step)
    {
        Field(tag, countBytes);
        _list = tag;
        _listAt = _bytes.Length - countBytes;
        _listCount = _depth = 0;
        _names.Truncate(0);
        _step = step;
    }

    private void EndWideList(Step step)
    {
        RequireStep(step);
        BinaryPrimitives.WriteUInt16LittleEndian(_bytes.Written[_listAt..], (ushort)_listCount);
        _step = Step.Fields;
    }

    private bool AddName(ReadOnlySpan<byte> name, string field, int limit)
    {
        TextRules.RequireName(name, field);
        if (!_names.TryAdd(0, _bytes.Written, name))
        {
            return false;
        }

        if (_listCount == limit)
        {
            throw CairnException.OverLimit(field, $"at most {limit} {field}", limit, limit + 1);
        }

        _listCount++;
        ByteWriting.Short(_bytes.Reserve(1 + name.Length), name);
        return true;
    }

    private void WriteContent(FieldTag tag, ReadOnlySpan<byte> bytes)
    {
        TextRules.RequireAtMost(bytes, "content", Limits.ContentBytes);
        var at = Field(tag, sizeof(uint) + bytes.Length);
        BinaryPrimitives.WriteInt32LittleEndian(at, bytes.Length);
        bytes.CopyTo(at[sizeof(uint)..]);
    }

    private void Share(FieldTag tag, float value)
    {
        RequireShare(value, FieldTags.NameOf(tag));
        BinaryPrimitives.WriteSingleLittleEndian(Field(tag, sizeof(float)), value);
    }

    private void Instant(FieldTag tag, Timestamp? value)
    {
        if (value is { } instant)
        {
            RequireInstant(instant, FieldTags.NameOf(tag));
        }

        BinaryPrimitives.WriteInt64LittleEndian(Field(tag, sizeof(long)), value?.Microseconds ?? FieldPayload.NoInstant);
    }

    private static void RequireInstant(Timestamp instant, string field)
    {
        if (!FieldPayload.IsInstant(instant.Microseconds))
        {
            throw CairnException.Invalid(field, $"{field} lies in the years 0001 to 9999");
        }
    }
}

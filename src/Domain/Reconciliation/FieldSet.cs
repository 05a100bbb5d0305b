using System.Buffers.Binary;
using Cairn.Formats;
using Cairn.Primitives;

namespace Cairn.Reconciliation;

/// <summary>The fields of one operation, sorted out by tag in one pass. Spans into the frame.</summary>
internal ref struct FieldSet
{
    private uint _present;

    public ReadOnlySpan<byte> Labels;
    public ReadOnlySpan<byte> AddLabels;
    public ReadOnlySpan<byte> RemoveLabels;
    public ReadOnlySpan<byte> Content;
    public ReadOnlySpan<byte> MediaType;
    public ReadOnlySpan<byte> Attributes;
    public ReadOnlySpan<byte> AddItems;
    public ReadOnlySpan<byte> RemoveItems;
    public ReadOnlySpan<byte> RemoveAttributes;
    public ReadOnlySpan<byte> Vector;
    public float Strength;
    public float Confidence;
    public Members RemoveMembers;
    public Timestamp? ValidFrom;
    public Timestamp? ValidTo;
    public Timestamp? ExpiresAt;
    public Timestamp? CreatedAt;
    public Timestamp? UpdatedAt;
    public Timestamp? ReinforcedAt;

    public FieldSet(ReadOnlySpan<byte> fields)
    {
        var reader = new FieldReader(fields);
        while (reader.TryRead(out var tag, out var payload))
        {
            _present |= 1u << (int)tag;
            Take(tag, payload);
        }
    }

    public readonly bool Has(FieldTag tag) => (_present & (1u << (int)tag)) != 0;

    /// <summary>The same, but labels are added to those that are there.</summary>
    public readonly FieldSet UnitingLabels()
    {
        var united = this;
        united.AddLabels = Labels;
        united.Labels = default;
        united._present &= ~(1u << (int)FieldTag.Labels);
        return united;
    }

    private void Take(FieldTag tag, ReadOnlySpan<byte> payload)
    {
        switch (tag)
        {
            case FieldTag.Labels: Labels = payload; break;
            case FieldTag.AddLabels: AddLabels = payload; break;
            case FieldTag.RemoveLabels: RemoveLabels = payload; break;
            case FieldTag.TextContent or FieldTag.BytesContent: Content = FieldPayload.Content(payload); break;
            case FieldTag.MediaType: MediaType = FieldPayload.MediaType(payload); break;
            case FieldTag.Attributes: Attributes = payload; break;
            case FieldTag.AddItems: AddItems = payload; break;
            case FieldTag.RemoveItems: RemoveItems = payload; break;
            case FieldTag.RemoveAttributes: RemoveAttributes = payload; break;
            case FieldTag.Vector: Vector = payload[sizeof(ushort)..]; break;
            case FieldTag.Strength: Strength = BinaryPrimitives.ReadSingleLittleEndian(payload); break;
            case FieldTag.Confidence: Confidence = BinaryPrimitives.ReadSingleLittleEndian(payload); break;
            case FieldTag.RemoveMembers: RemoveMembers = FieldPayload.Members(payload); break;
            case FieldTag.ValidFrom: ValidFrom = FieldPayload.Instant(payload); break;
            case FieldTag.ValidTo: ValidTo = FieldPayload.Instant(payload); break;
            case FieldTag.ExpiresAt: ExpiresAt = FieldPayload.Instant(payload); break;
            case FieldTag.CreatedAt: CreatedAt = FieldPayload.Instant(payload); break;
            case FieldTag.UpdatedAt: UpdatedAt = FieldPayload.Instant(payload); break;
            case FieldTag.ReinforcedAt: ReinforcedAt = FieldPayload.Instant(payload); break;
            default: break;
        }
    }
}

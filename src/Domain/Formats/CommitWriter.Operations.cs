using System.Buffers.Binary;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Formats;

/// <content>Operations: each checks its names, then takes all of its fixed part in one piece.</content>
public sealed partial class CommitWriter
{
    internal const int ImplyBit = 4;
    internal const int DerivedBit = 8;

    private const string NoSuchPolicy = "no such policy";

    private uint _allowedFields;
    private uint _seenFields;
    private int _fieldsAt;

    /// <summary>Opens a put; its fields follow, then <see cref="EndOperation"/>.</summary>
    /// <param name="id">1 to 512 bytes; empty: derived from the commit's id and the operation's index.</param>
    /// <param name="onExists">What to do when the concept exists.</param>
    /// <exception cref="CairnException">Invalid: the id, or more than 10,000 operations.</exception>
    public void BeginPut(scoped ReadOnlySpan<byte> id, OnExists onExists)
    {
        RequireStep(Step.Commit);
        Invariant.Require(onExists <= OnExists.Fail, NoSuchPolicy);
        Span<byte> derived = stackalloc byte[DerivedId.TextBytes];
        var policy = (int)onExists;
        if (id.IsEmpty)
        {
            DerivedId.Write(incarnation, _bytes.Written.Slice(FrameFormat.CommitIdAt + 1, _bytes.Written[FrameFormat.CommitIdAt]), OperationCount, derived);
            id = derived;
            policy |= DerivedBit;
        }

        WriteTarget(OperationKind.Put, policy, id, sizeof(uint));
        OpenFields(FieldTags.OfPut);
    }

    /// <summary>Opens a patch; as <see cref="BeginPut"/>, but the id is given.</summary>
    public void BeginPatch(ReadOnlySpan<byte> id, OnMissing onMissing)
    {
        Invariant.Require(onMissing <= OnMissing.Create, NoSuchPolicy);
        WriteTarget(OperationKind.Patch, (int)onMissing, id, sizeof(uint));
        OpenFields(FieldTags.OfPatch);
    }

    /// <summary>Opens the put of an association; as <see cref="BeginPut"/>.</summary>
    public void BeginAssociate(in AssociationName name, OnExists onExists, MissingEndpoints endpoints)
    {
        Invariant.Require(onExists <= OnExists.Fail && endpoints <= MissingEndpoints.Imply, NoSuchPolicy);
        var policy = (int)onExists | (endpoints == MissingEndpoints.Imply ? ImplyBit : 0);
        WriteTarget(OperationKind.Associate, policy, name, sizeof(uint));
        OpenFields(FieldTags.OfAssociate);
    }

    /// <summary>Closes the open put, patch or associate.</summary>
    /// <exception cref="CairnException">Invalid, <c>too-large</c>: the commit passes 4 MiB − 4 KiB.</exception>
    public void EndOperation()
    {
        RequireStep(Step.Fields);
        BinaryPrimitives.WriteInt32LittleEndian(_bytes.Written[_fieldsAt..], _bytes.Length - _fieldsAt - sizeof(uint));
        CompleteOperation();
    }

    /// <summary>Drops the open operation, whatever its state; without one it does nothing.</summary>
    public void AbandonOperation()
    {
        if (_step != Step.Idle)
        {
            _bytes.Truncate(_completeBytes);
            _step = Step.Commit;
        }
    }

    /// <summary>Deletes a concept and its associations.</summary>
    /// <exception cref="CairnException">Invalid: the id, the policy, or more than 10,000 operations.</exception>
    public void Delete(ReadOnlySpan<byte> id, OnMissing onMissing)
    {
        RefuseCreate(onMissing);
        WriteTarget(OperationKind.Delete, (int)onMissing, id, 0);
        CompleteOperation();
    }

    /// <summary>Raises a concept's strength.</summary>
    /// <param name="id">The concept's id.</param>
    /// <param name="amount">0 to 1, the share of what is missing to 1.</param>
    /// <param name="onMissing">Fail or skip.</param>
    /// <exception cref="CairnException">Invalid: the id, the amount, the policy, or more than 10,000 operations.</exception>
    public void Reinforce(ReadOnlySpan<byte> id, float amount, OnMissing onMissing)
    {
        RefuseCreate(onMissing);
        RequireShare(amount, "amount");
        BinaryPrimitives.WriteSingleLittleEndian(WriteTarget(OperationKind.Reinforce, (int)onMissing, id, sizeof(float)), amount);
        CompleteOperation();
    }

    /// <summary>Deletes an association; as <see cref="Delete"/>.</summary>
    public void Dissociate(in AssociationName name, OnMissing onMissing)
    {
        RefuseCreate(onMissing);
        WriteTarget(OperationKind.Dissociate, (int)onMissing, name, 0);
        CompleteOperation();
    }

    /// <summary>Raises an association's strength; as <see cref="Reinforce"/>.</summary>
    public void ReinforceAssociation(in AssociationName name, float amount, OnMissing onMissing)
    {
        RefuseCreate(onMissing);
        RequireShare(amount, "amount");
        BinaryPrimitives.WriteSingleLittleEndian(WriteTarget(OperationKind.ReinforceAssociation, (int)onMissing, name, sizeof(float)), amount);
        CompleteOperation();
    }

    private Span<byte> WriteTarget(OperationKind kind, int policy, ReadOnlySpan<byte> id, int tailBytes)
    {
        TextRules.RequireId(id, "id");
        return ByteWriting.Medium(BeginOperation(kind, policy, sizeof(ushort) + id.Length + tailBytes), id);
    }

    private Span<byte> WriteTarget(OperationKind kind, int policy, in AssociationName name, int tailBytes)
    {
        TextRules.RequireAssociation(name);
        var at = BeginOperation(kind, policy, name.EncodedBytes + tailBytes);
        name.Write(at);
        return at[name.EncodedBytes..];
    }

    private Span<byte> BeginOperation(OperationKind kind, int policy, int restBytes)
    {
        RequireStep(Step.Commit);
        if (OperationCount == Limits.Operations)
        {
            throw CairnException.OverLimit("operations", $"a commit takes at most {Limits.Operations} operations", Limits.Operations, Limits.Operations + 1);
        }

        _bytes.Truncate(_completeBytes);
        var at = _bytes.Reserve(2 + restBytes);
        at[0] = (byte)kind;
        at[1] = (byte)policy;
        return at[2..];
    }

    private void OpenFields(uint allowed)
    {
        _allowedFields = allowed;
        _seenFields = 0;
        _fieldsAt = _bytes.Length - sizeof(uint);
        _step = Step.Fields;
    }

    private void CompleteOperation()
    {
        PooledBuffer.RequireCommitSize(LengthBytes);
        _completeBytes = _bytes.Length;
        OperationCount++;
        _step = Step.Commit;
    }

    private static void RefuseCreate(OnMissing onMissing)
    {
        if (onMissing > OnMissing.Skip)
        {
            throw CairnException.Invalid("onMissing", "only a patch can create what is missing");
        }
    }

    private static void RequireShare(float share, string field)
    {
        if (!FieldPayload.IsShare(share))
        {
            throw CairnException.Invalid(field, $"{field} lies between 0 and 1");
        }
    }
}

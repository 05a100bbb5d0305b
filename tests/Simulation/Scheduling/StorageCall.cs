using Cairn.Primitives;

namespace Cairn.Simulation.Scheduling;

/// <summary>A storage call that a simulated process has made and that waits for the scheduler. It happens at most once but for <see cref="Again"/>.</summary>
internal abstract class StorageCall(SimulatedProcess process, CallKind kind, string name)
{
    public SimulatedProcess Process => process;

    public CallKind Kind => kind;

    public string Name => name;

    /// <summary>Its effect is there; only the answer is still to come.</summary>
    public bool HasHappened { get; private set; }

    /// <summary>Nobody waits for it any more: its process is dead.</summary>
    public bool IsOrphan { get; set; }

    /// <summary>Leaves an unfinished effect behind, as a write does that a crash cuts short; null: it cannot.</summary>
    public Action<double>? Tear { get; init; }

    /// <summary>Lets it happen.</summary>
    public void Happen()
    {
        Invariant.Require(!HasHappened, "a storage call happens once");
        HasHappened = true;
        Effect();
    }

    /// <summary>Lets it happen a second time.</summary>
    public void Again(bool keepsFirstAnswer) => Repeat(keepsFirstAnswer);

    /// <summary>Gives the caller the result.</summary>
    public abstract void Answer();

    /// <summary>Gives the caller a failure instead.</summary>
    public abstract void Fail(Exception failure);

    protected abstract void Effect();

    protected abstract void Repeat(bool keepsFirstAnswer);
}

/// <inheritdoc cref="StorageCall"/>
internal sealed class StorageCall<T>(SimulatedProcess process, CallKind kind, string name, Func<T> effect) : StorageCall(process, kind, name)
{
    private readonly TaskCompletionSource<T> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? _result;
    private CairnException? _failure;

    public Task<T> Task => _answer.Task;

    public override void Answer()
    {
        if (_failure is not null)
        {
            Fail(_failure);
        }
        else
        {
            _answer.SetResult(_result!);
        }
    }

    public override void Fail(Exception failure) => _answer.SetException(failure);

    protected override void Effect()
    {
        try
        {
            _result = effect();
        }
        catch (CairnException failure)
        {
            _failure = failure;
        }
    }

    protected override void Repeat(bool keepsFirstAnswer)
    {
        var first = _result;
        Effect();
        _result = keepsFirstAnswer ? first : _result;
    }
}

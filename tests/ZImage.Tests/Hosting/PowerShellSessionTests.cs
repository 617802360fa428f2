namespace ZImage.Tests.Hosting;

/// <summary>The session that the cmdlet tests stand on collects every stream.</summary>
public sealed class PowerShellSessionTests
{
    [Fact]
    public void EveryStreamIsCollected()
    {
        using var session = new PowerShellSession(importModule: false);

        PowerShellResult result = session.Run("""
            & {
                [CmdletBinding()] param()
                $given
                $PSCmdlet.WriteWarning('careful')
                $PSCmdlet.WriteVerbose('a decision')
                $PSCmdlet.WriteProgress([Management.Automation.ProgressRecord]::new(3, 'drawing', 'step 1'))
                $PSCmdlet.WriteError([Management.Automation.ErrorRecord]::new([Exception]::new('It went wrong.'), 'WentWrong', 'InvalidData', 'x'))
            } -Verbose
            throw 'the end'
            """, ("given", 42));

        Assert.Equal(42, result.Single.BaseObject);
        Assert.Equal(["careful"], result.Warnings);
        Assert.Equal(["a decision"], result.Verbose);
        Assert.Equal(3, Assert.Single(result.Progress).ActivityId);
        Assert.Equal("WentWrong", Assert.Single(result.Errors).FullyQualifiedErrorId);
        Assert.Equal("the end", result.Ending?.FullyQualifiedErrorId);
    }
}

using System.Management.Automation;

namespace ZImage.Tests.Cmdlets;

/// <summary>Get-ZDevice: a row for each device, and for each backend that cannot be used.</summary>
[Collection(CmdletTests.Name)]
public sealed class DeviceTests(CmdletFixture fixture)
{
    [Fact]
    public void EveryBackendHasARow()
        => Assert.Equal(["Cpu", "Cuda", "Vulkan"], fixture.Texts("Get-ZDevice | ForEach-Object { $_.Backend.ToString() }").Distinct());

    [Fact]
    public void TheCpuIsUsableAndTellsItsMemory()
        => Assert.Equal(["True Cpu True"], fixture.Texts("Get-ZDevice CPU | ForEach-Object { \"$($_.IsAvailable) $($_.Type) $($_.FreeBytes -gt 0 -and $_.TotalBytes -ge $_.FreeBytes)\" }"));

    [Fact]
    public void ABackendThatCannotBeUsedSaysWhatToDo()
    {
        string[] unusable = fixture.Texts("Get-ZDevice | Where-Object { -not $_.IsAvailable } | ForEach-Object { \"$($_.Name)|$($_.Description)|$($_.RecommendedAction)\" }");

        Assert.All(unusable, row => Assert.All(row.Split('|'), Assert.NotEmpty));
    }

    [Fact]
    public void NamesArePatterns()
    {
        Assert.Equal(["CPU"], fixture.Texts("Get-ZDevice cp* | ForEach-Object Name"));
        Assert.Equal(["CPU"], fixture.Texts("'CPU' | Get-ZDevice | ForEach-Object Name"));
        Assert.Empty(fixture.Texts("Get-ZDevice nosuch*"));
        ErrorRecord error = Assert.Single(fixture.Session.Run("Get-ZDevice nosuch").Errors);
        Assert.StartsWith("DeviceNotFound,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
    }
}
